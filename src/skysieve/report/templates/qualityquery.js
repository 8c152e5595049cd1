"use strict";
// The language of `skysieve quality query`: columns, numbers, texts in quotes, + - * /, comparisons, in (...), and, or, not.
const makeQuery = (() => {
  const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)|([A-Za-z_]\w*)|'([^']*)'|"([^"]*)"|(<=|>=|==|!=|[-+*/<>(),]))/y;
  const LOGIC = new Set(["and", "or", "not", "in"]);
  const COMPARE = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
    "==": (a, b) => a === b, "!=": (a, b) => a !== b };

  function split(text) {
    const tokens = [];
    TOKEN.lastIndex = 0;
    while (text.slice(TOKEN.lastIndex).trim()) {
      const start = TOKEN.lastIndex, match = TOKEN.exec(text);
      if (!match) throw new Error("cannot be read from “" + text.slice(start).trim().slice(0, 20) + "” on");
      const [, number, name, single, double, sign] = match;
      if (number !== undefined) tokens.push({ kind: "number", value: Number(number) });
      else if (name !== undefined) tokens.push(LOGIC.has(name) ? { kind: name } : { kind: "name", value: name });
      else if (sign !== undefined) tokens.push({ kind: sign });
      else tokens.push({ kind: "text", value: single !== undefined ? single : double });
    }
    return tokens;
  }

  return (text, columns) => {
    const tokens = split(text);
    let at = 0;
    const is = (kind) => at < tokens.length && tokens[at].kind === kind;
    const take = (kind) => { if (!is(kind)) return false; at += 1; return true; };
    const want = (kind) => { if (!take(kind)) throw new Error("“" + kind + "” is missing"); };
    const yes = (part) => { if (part.type !== "yes or no") throw new Error("and, or, not want comparisons"); return part; };

    function either() {
      let left = both();
      while (take("or")) { const [a, b] = [yes(left), yes(both())]; left = { type: "yes or no", get: (k) => a.get(k) || b.get(k) }; }
      return left;
    }
    function both() {
      let left = negated();
      while (take("and")) { const [a, b] = [yes(left), yes(negated())]; left = { type: "yes or no", get: (k) => a.get(k) && b.get(k) }; }
      return left;
    }
    function negated() {
      if (!take("not")) return comparison();
      const part = yes(negated());
      return { type: "yes or no", get: (k) => !part.get(k) };
    }
    function comparison() {
      let left = sum();
      const parts = [];
      while (at < tokens.length && (tokens[at].kind in COMPARE || is("in") || is("not"))) {
        const turned = take("not");
        if (take("in")) { parts.push(inside(left, turned)); continue; }
        if (turned) throw new Error("“in” is missing after “not”");
        const compare = COMPARE[tokens[at++].kind], one = left, other = sum();
        if (one.type !== other.type) throw new Error("a " + one.type + " is compared with a " + other.type);
        parts.push((k) => known(one.get(k)) && known(other.get(k)) && compare(one.get(k), other.get(k)));
        left = other;
      }
      return parts.length ? { type: "yes or no", get: (k) => parts.every((part) => part(k)) } : left;
    }
    // `x in (1, 2)` looks into a list, `'bt' in causes95` into names between commas.
    function inside(left, turned) {
      let holds;
      if (is("name")) {
        const right = term();
        holds = (k) => String(right.get(k)).split(",").includes(left.get(k));
      } else {
        want("(");
        const list = [sum()];
        while (take(",")) if (!is(")")) list.push(sum());
        want(")");
        holds = (k) => list.some((one) => one.get(k) === left.get(k));
      }
      return (k) => known(left.get(k)) && holds(k) !== turned;
    }
    const known = (value) => value !== null && !Number.isNaN(value);
    const joined = (a, b, make) => {
      if (a.type !== "number" || b.type !== "number") throw new Error("+ - * / want numbers");
      return { type: "number", get: (k) => { const [x, y] = [a.get(k), b.get(k)]; return known(x) && known(y) ? make(x, y) : NaN; } };
    };
    function sum() {
      let left = product();
      for (;;) {
        if (take("+")) left = joined(left, product(), (x, y) => x + y);
        else if (take("-")) left = joined(left, product(), (x, y) => x - y);
        else return left;
      }
    }
    function product() {
      let left = term();
      for (;;) {
        if (take("*")) left = joined(left, term(), (x, y) => x * y);
        else if (take("/")) left = joined(left, term(), (x, y) => x / y);
        else return left;
      }
    }
    function term() {
      if (take("(")) { const part = either(); want(")"); return part; }
      if (take("-")) return joined({ type: "number", get: () => 0 }, term(), (x, y) => x - y);
      const token = tokens[at++];
      if (token === undefined) throw new Error("something is missing at the end");
      if (token.kind === "number" || token.kind === "text") return { type: token.kind, get: () => token.value };
      if (token.kind !== "name") throw new Error("“" + token.kind + "” stands where a column or a number should");
      if (token.value === "True" || token.value === "False") return { type: "yes or no", get: () => token.value === "True" };
      const column = columns[token.value];
      if (!Object.hasOwn(columns, token.value)) throw new Error("there is no column " + token.value);
      const sample = column.find((value) => value !== null);
      const type = typeof sample === "string" ? "text" : typeof sample === "boolean" ? "yes or no" : "number";
      return { type, get: (k) => column[k] };
    }

    const whole = yes(either());
    if (at < tokens.length) throw new Error("“" + (tokens[at].value ?? tokens[at].kind) + "” is too much");
    return (k) => whole.get(k);
  };
})();

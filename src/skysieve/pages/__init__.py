"""Local pages in the browser: one server, of which annotators and inspectors are adapters."""

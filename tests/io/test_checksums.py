from skysieve.io.checksums import checksum_file


def test_the_checksum_of_three_letters_is_the_published_one(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert checksum_file(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

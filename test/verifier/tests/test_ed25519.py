"""Ed25519 against the vectors of RFC 8032, section 7.1, and against what is not a signature although it looks like one."""

import unittest

import ed25519

# Public key, message, signature.
_VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]
_ORDER = 2**252 + 27742317777372353535851937790883648493


class Ed25519Test(unittest.TestCase):
    """Verification."""

    def test_the_vectors_of_the_rfc_verify(self) -> None:
        for key, message, signature in _VECTORS:
            self.assertTrue(ed25519.verify(*map(bytes.fromhex, (key, message, signature))))

    def test_each_turned_bit_of_a_signature_is_refused(self) -> None:
        key, message, signature = map(bytes.fromhex, _VECTORS[1])
        for bit in range(512):
            other = (int.from_bytes(signature, "little") ^ 1 << bit).to_bytes(64, "little")
            self.assertFalse(ed25519.verify(key, message, other), f"bit {bit}")

    def test_another_message_and_another_key_are_refused(self) -> None:
        key, message, signature = map(bytes.fromhex, _VECTORS[2])
        self.assertFalse(ed25519.verify(key, message + b"\0", signature))
        self.assertFalse(ed25519.verify(bytes.fromhex(_VECTORS[1][0]), message, signature))

    def test_a_number_beyond_the_order_is_refused(self) -> None:
        key, message, signature = map(bytes.fromhex, _VECTORS[1])
        larger = int.from_bytes(signature[32:], "little") + _ORDER
        self.assertFalse(ed25519.verify(key, message, signature[:32] + larger.to_bytes(32, "little")))

    def test_a_point_of_small_order_is_no_sound_key_whatever_its_sign(self) -> None:
        eighth = ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
        small = [(0).to_bytes(32, "little"), (1).to_bytes(32, "little"), (2**255 - 20).to_bytes(32, "little"), *map(bytes.fromhex, eighth)]
        for key in small:
            for sign in (0, 0x80):
                self.assertFalse(ed25519.is_sound(key[:31] + bytes([key[31] | sign])), key.hex())
        self.assertFalse(ed25519.is_sound((2**255 - 18).to_bytes(32, "little")))
        self.assertTrue(all(ed25519.is_sound(bytes.fromhex(key)) for key, _, _ in _VECTORS))

    def test_what_is_no_point_and_what_is_no_length_is_refused(self) -> None:
        key, message, signature = map(bytes.fromhex, _VECTORS[1])
        for other in (b"\xff" * 32, (2).to_bytes(32, "little"), b"", key[:-1], key + b"\0"):
            self.assertFalse(ed25519.verify(other, message, signature))
        self.assertFalse(ed25519.verify(key, message, signature[:-1]))
        self.assertFalse(ed25519.verify(key, message, signature + b"\0"))


if __name__ == "__main__":
    unittest.main()

"""Ed25519 verification by RFC 8032, section 5.1.7, in plain integers. It signs nothing and keeps nothing secret, so it need not run in constant time.

Each key gets a table of its multiples, so that one verification is 128 additions; keys are few and signatures many.
"""

from functools import lru_cache
from hashlib import sha512

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_REMEMBERED = 32_768  # answers: a few hundred bytes each
_WINDOWS = 64  # of four bits: enough for any number below 2**256

# A point in extended coordinates: x = X/Z, y = Y/Z, x*y = T/Z.
_Point = tuple[int, int, int, int]
# A point of a table: y + x, y - x and 2*d*x*y, with Z = 1.
_Entry = tuple[int, int, int]
_Table = tuple[tuple[_Entry, ...], ...]

_NEUTRAL: _Point = (0, 1, 1, 0)


@lru_cache(maxsize=_REMEMBERED)
def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the 64 bytes are the signature of the message by the key of 32 bytes. False for whatever is malformed.

    Answers are remembered by all three: whoever verifies several copies of a vault meets the same signatures again.
    """
    if len(public_key) != 32 or len(signature) != 64:
        return False
    table = _table_of_negated(public_key)
    scalar = int.from_bytes(signature[32:], "little")
    if table is None or scalar >= _L:
        return False
    digest = sha512(signature[:32] + public_key + message).digest()
    challenge = int.from_bytes(digest, "little") % _L
    point = _add_multiple(_NEUTRAL, _base_table(), scalar)
    return _encode(_add_multiple(point, table, challenge)) == signature[:32]


def _decode(encoded: bytes) -> _Point | None:
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


def _x_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P != 0:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P != 0 or (x == 0 and sign == 1):
        return None
    return x if x & 1 == sign else _P - x


def is_sound(public_key: bytes) -> bool:
    """Whether a point is in its one spelling, and of no small order (SPEC 2.4.2): by such a one a signature holds for everything."""
    height = int.from_bytes(public_key, "little") & ((1 << 255) - 1)
    if height >= _P:
        return False
    point = _decode(height.to_bytes(32, "little"))
    if point is None:
        return True  # by what is no point nothing holds
    for _ in range(3):
        point = _add(point, point)
    x, y, z, _ = point
    return x % _P != 0 or (y - z) % _P != 0


def _encode(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _add(left: _Point, right: _Point) -> _Point:
    a = (left[1] - left[0]) * (right[1] - right[0]) % _P
    b = (left[1] + left[0]) * (right[1] + right[0]) % _P
    c = 2 * left[3] * right[3] * _D % _P
    d = 2 * left[2] * right[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _add_multiple(point: _Point, table: _Table, scalar: int) -> _Point:
    """The point and `scalar` times the table's point."""
    x, y, z, t = point
    for row in table:
        nibble = scalar & 15
        scalar >>= 4
        if nibble == 0:
            continue
        plus, minus, product = row[nibble - 1]
        a, b, c, d = (y - x) * minus % _P, (y + x) * plus % _P, t * product % _P, 2 * z
        e, f, g, h = b - a, d - c, d + c, b + a
        x, y, z, t = e * f % _P, g * h % _P, f * g % _P, e * h % _P
    return (x, y, z, t)


def _table(point: _Point) -> _Table:
    """For each window its point times 1 to 15."""
    points: list[_Point] = []
    for _ in range(_WINDOWS):
        multiple = point
        for _ in range(15):
            points.append(multiple)
            multiple = _add(multiple, point)
        point = multiple
    entries = _entries(points)
    return tuple(tuple(entries[at : at + 15]) for at in range(0, len(entries), 15))


def _entries(points: list[_Point]) -> list[_Entry]:
    """All points with Z = 1, by one inversion for all of them."""
    products = [1]
    for point in points:
        products.append(products[-1] * point[2] % _P)
    inverse = pow(products[-1], -1, _P)
    entries: list[_Entry] = []
    for at in range(len(points) - 1, -1, -1):
        own = inverse * products[at] % _P
        inverse = inverse * points[at][2] % _P
        x, y = points[at][0] * own % _P, points[at][1] * own % _P
        entries.append(((y + x) % _P, (y - x) % _P, 2 * _D * x * y % _P))
    entries.reverse()
    return entries


@lru_cache(maxsize=1)
def _base_table() -> _Table:
    base = _decode((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
    if base is None:
        raise AssertionError("the base point is on the curve")
    return _table(base)


@lru_cache(maxsize=64)
def _table_of_negated(public_key: bytes) -> _Table | None:
    point = _decode(public_key)
    if point is None:
        return None
    x, y, z, t = point
    return _table((_P - x, y, z, _P - t))

"""ECIES_DH_SHA_1_XOR_HMAC written down a second time, from decision 0010 alone and with Python's standard library alone.

Reads one JSON object {"curve", "encrypt": [{"point", "message"}], "decrypt": [{"scalar", "ciphertext"}]} (hex) from
standard input and writes {"encrypt": [ciphertext], "decrypt": [message or null]}.
"""
import hashlib
import hmac
import json
import secrets
import sys

CURVES = {
    "P-256": dict(
        p=2**256 - 2**224 + 2**192 + 2**96 - 1,
        a=-3,
        b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        g=(
            0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
            0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
        ),
    ),
    "secp256k1": dict(
        p=2**256 - 2**32 - 977,
        a=0,
        b=7,
        n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
        g=(
            0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
            0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
        ),
    ),
}


def add(curve, one, two):
    p = curve["p"]
    if one is None:
        return two
    if two is None:
        return one
    (x1, y1), (x2, y2) = one, two
    if x1 == x2 and (y1 + y2) % p == 0:
        return None
    if one == two:
        slope = (3 * x1 * x1 + curve["a"]) * pow(2 * y1, -1, p)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, p)
    x = (slope * slope - x1 - x2) % p
    return x, (slope * (x1 - x) - y1) % p


def multiply(curve, k, point):
    result = None
    while k:
        if k & 1:
            result = add(curve, result, point)
        point = add(curve, point, point)
        k >>= 1
    return result


def decode(curve, octets):
    x, y = int.from_bytes(octets[1:33], "big"), int.from_bytes(octets[33:], "big")
    p = curve["p"]
    if len(octets) != 65 or octets[0] != 4 or x >= p or y >= p:
        return None
    return (x, y) if (y * y - x * x * x - curve["a"] * x - curve["b"]) % p == 0 else None


def encode(point):
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def kdf(z, length):
    out, counter = b"", 1
    while len(out) < length:
        out += hashlib.sha1(z + counter.to_bytes(4, "big")).digest()
        counter += 1
    return out[:length]


def keys(z, length):
    derived = kdf(z, length + 20)
    return derived[20:], derived[:20]


def encrypt(curve, point, message):
    k = secrets.randbelow(curve["n"] - 1) + 1
    z = multiply(curve, k, decode(curve, point))[0].to_bytes(32, "big")
    stream, mac_key = keys(z, len(message))
    body = bytes(a ^ b for a, b in zip(message, stream))
    return encode(multiply(curve, k, curve["g"])) + body + hmac.digest(mac_key, body, "sha1")


def decrypt(curve, scalar, ciphertext):
    point, body, tag = decode(curve, ciphertext[:65]), ciphertext[65:-20], ciphertext[-20:]
    if point is None:
        return None
    z = multiply(curve, int.from_bytes(scalar, "big"), point)[0].to_bytes(32, "big")
    stream, mac_key = keys(z, len(body))
    if not hmac.compare_digest(hmac.digest(mac_key, body, "sha1"), tag):
        return None
    return bytes(a ^ b for a, b in zip(body, stream))


task = json.load(sys.stdin)
curve = CURVES[task["curve"]]
unhex = bytes.fromhex
opened = [decrypt(curve, unhex(one["scalar"]), unhex(one["ciphertext"])) for one in task["decrypt"]]
sealed = [encrypt(curve, unhex(one["point"]), unhex(one["message"])) for one in task["encrypt"]]
json.dump({"encrypt": [one.hex() for one in sealed], "decrypt": [one and one.hex() for one in opened]}, sys.stdout)

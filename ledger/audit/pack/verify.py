#!/usr/bin/env python3
"""Checks an exit pack (C2SP tlog-tiles) with Python's standard library and the openssl command alone.

    python3 verify.py [--pack DIR] [--key VKEY] [--checkpoint FILE]...

--key: the ledger's key as it was published elsewhere; without it, the one that the pack itself names.
--checkpoint: a checkpoint seen earlier; the pack must go on from it. Exit code: 0 genuine, 1 not, 2 cannot check."""
import argparse, base64, hashlib, os, subprocess, sys, tempfile

WIDTH, LEVELS = 256, 8  # of a tile; of the tree of tiles
FIXED = {"README.md", "keys", "schema/redvest.binpb", "trial-balance.csv", "verify.py"}


class Fault(Exception):
    """Says what is not genuine."""

def sha256(data):
    return hashlib.sha256(data).digest()

def read(folder, name):
    path = os.path.join(folder, name)
    if os.path.islink(path) or not os.path.isfile(path):
        raise Fault(f"{name}: it is missing, or not a plain file")
    with open(path, "rb") as file:
        return file.read()

def parse_vkey(text, where):
    """Name, key id and public key (C2SP signed-note)."""
    try:
        name, key_id, data = text.split("+", 2)
        data = base64.b64decode(data, validate=True)
        if len(data) != 33 or data[0] != 1 or sha256(name.encode() + b"\n" + data)[:4].hex() != key_id:
            raise ValueError
    except ValueError:
        raise Fault(f'{where}: "{text}" is not the vkey (Ed25519) of a log')
    return name, bytes.fromhex(key_id), data[1:]

def signed_by(public_key, text, signature):
    der = bytes.fromhex("302a300506032b6570032100") + public_key  # SubjectPublicKeyInfo of RFC 8410
    pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(der) + b"-----END PUBLIC KEY-----\n"
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key", pem), ("text", text), ("signature", signature)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        command = "openssl pkeyutl -verify -pubin -inkey key -rawin -in text -sigfile signature"
        return subprocess.run(command.split(), cwd=folder, capture_output=True).returncode == 0

def open_checkpoint(note, vkey):
    """Size and root that the signed note states (C2SP tlog-checkpoint)."""
    name, key_id, public_key = vkey
    text, blank, signatures = note.rpartition(b"\n\n")
    text += b"\n"
    origin, size, root, end = text.decode().split("\n")
    if not blank or end or origin != name or size != str(int(size)) or int(size) < 1:
        raise Fault("it is not a checkpoint of " + name)
    for line in signatures.decode().split("\n")[:-1]:
        dash, signer, data = line.split(" ")
        data = base64.b64decode(data, validate=True)
        if (dash, signer, data[:4]) == ("\u2014", name, key_id):
            if not signed_by(public_key, text, data[4:]):
                raise Fault("its signature is wrong")
            return int(size), base64.b64decode(root, validate=True)
    raise Fault("the key did not sign it")

def tile_path(level, index, width):
    digits = str(index).zfill((len(str(index)) + 2) // 3 * 3)
    parts = [digits[i:i + 3] for i in range(0, len(digits), 3)]
    path = f"tile/{level}/" + "".join(f"x{part}/" for part in parts[:-1]) + parts[-1]
    return path if width == WIDTH else f"{path}.p/{width}"

def root_of(edge):
    """RFC 6962: the root of a tree, by the hashes in its partial tiles from level 0 up."""
    subtrees = []  # perfect ones from left to right: height, root
    for height, value in [(8 * level, value) for level in reversed(range(len(edge))) for value in edge[level]]:
        while subtrees and subtrees[-1][0] == height:
            height, value = height + 1, sha256(b"\1" + subtrees.pop()[1] + value)
        subtrees.append((height, value))
    root = subtrees.pop()[1]
    while subtrees:
        root = sha256(b"\1" + subtrees.pop()[1] + root)
    return root

def entries_of(bundle, name, first, width):
    at = 0
    for number in range(first, first + width):
        end = at + 2 + int.from_bytes(bundle[at:at + 2], "big")
        if at + 2 > len(bundle) or end > len(bundle):
            raise Fault(f"{name}: event {number} is cut short or missing")
        yield bundle[at + 2:end]
        at = end
    if at != len(bundle):
        raise Fault(f"{name}: bytes follow event {number}, its last one")

def check_tile(stored, name, level, index, hashes):
    for i, value in enumerate(hashes):
        if stored[32 * i:32 * i + 32] != value:
            what, whose = f"hash {i}", tile_path(level - 1, index * WIDTH + i, WIDTH)
            if level == 0:
                what, whose = f"the hash of event {index * WIDTH + i + 1}", "its entry: one of the two was changed"
            raise Fault(f"{name}: {what} is not that of {whose}")
    if len(stored) != 32 * len(hashes):
        raise Fault(f"{name}: it is too long")

def check_tree(folder, size, wanted):
    """The roots at the sizes wanted, and the files that hold the tree, all of it recomputed from the entries."""
    edge, roots, files, done = [[] for _ in range(LEVELS + 1)], {}, set(), 0

    def finish(level, index):
        name = tile_path(level, index, len(edge[level]))
        files.add(name)
        check_tile(read(folder, name), name, level, index, edge[level])

    while done < size:
        width = min(WIDTH, size - done)
        name = tile_path("entries", done // WIDTH, width)
        files.add(name)
        for entry in entries_of(read(folder, name), name, done + 1, width):
            done += 1
            edge[0].append(sha256(b"\0" + entry))
            if done in wanted:
                roots[done] = root_of(edge)
        for level in range(LEVELS):
            if len(edge[level]) == WIDTH:
                finish(level, (done >> 8 * level) // WIDTH - 1)
                edge[level + 1].append(root_of([edge[level]]))
                edge[level] = []
    for level in range(LEVELS):
        if edge[level]:
            finish(level, (size >> 8 * level) // WIDTH)
    return roots, files

def check_files(folder, tree_files):
    """No file is missing, and none is there that does not belong to the pack."""
    sums = dict(reversed(line.split("  ", 1)) for line in read(folder, "SHA256SUMS").decode().splitlines())
    for name in FIXED - sums.keys():
        raise Fault(f"SHA256SUMS: it does not list {name}")
    for name, value in sorted(sums.items()):
        if sha256(read(folder, name)).hex() != value:
            raise Fault(f"{name}: its checksum is not the one in SHA256SUMS")
    for path, _, names in os.walk(folder):
        for name in (os.path.relpath(os.path.join(path, name), folder) for name in names):
            if name not in tree_files and name not in sums and name not in ("checkpoint", "SHA256SUMS"):
                raise Fault(f"{name}: it does not belong to the pack")

def verify(pack, key, earlier):
    shown = key or read(pack, "keys").decode().split("\n")[0]
    vkey = parse_vkey(shown, "--key" if key else "keys")
    states = {}
    for path in ["checkpoint"] + earlier:
        try:
            states[path] = open_checkpoint(read(pack if path == "checkpoint" else "", path), vkey)
        except (Fault, ValueError) as fault:
            raise Fault(f"{path}: {fault}")
    size, root = states["checkpoint"]
    roots, files = check_tree(pack, size, {at for at, _ in states.values()})
    for path, (at, root) in states.items():
        if at > size:
            raise Fault(f"{path}: it is of {at} events, but the pack ends after {size}")
        if roots[at] != root:
            raise Fault(f"{path}: the root of events 1 to {at} of the pack is another: "
                        "the history was rewritten after it was signed")
    unfinished = os.path.lexists(os.path.join(pack, "unfinished"))
    if not unfinished:
        check_files(pack, files)
    print(f"GENUINE: events 1 to {size} are what {vkey[0]} signed, root {states['checkpoint'][1].hex()}")
    if not key:
        print("The key is the pack's own. Compare it with the one published elsewhere:\n  " + shown)
    if unfinished:
        print("An export into this pack was cut off: files that no checkpoint covers were not checked.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--key")
    parser.add_argument("--checkpoint", action="append", default=[])
    options = parser.parse_args()
    try:
        verify(options.pack, options.key, options.checkpoint)
    except (Fault, ValueError) as fault:
        sys.exit(print(f"NOT GENUINE: {fault}") or 1)
    except OSError as error:
        sys.exit(print(f"cannot check: {error}", file=sys.stderr) or 2)

#!/usr/bin/env python3
"""Checks an exit pack (C2SP tlog-tiles) with Python's standard library and the openssl command (3.0 or later).

    python3 verify.py [--pack DIR] [--key VKEY] [--checkpoint FILE]...

--key: the ledger's key as it was published elsewhere; without it, the one that the pack itself names.
--checkpoint: a checkpoint seen earlier; the pack must go on from it. Exit code: 0 genuine, 1 not, 2 cannot check."""
import argparse, base64, hashlib, os, re, subprocess, sys, tempfile

WIDTH, LEVELS = 256, 8  # of a tile; of the tree of tiles
FIXED = {"README.md", "keys", "schema/redvest.binpb", "trial-balance.csv", "verify.py"}
LOG, WITNESS = 1, 4  # types of keys


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

def vkey(text, types=(LOG,)):
    """Name, key id, type and public key (C2SP signed-note)."""
    name, key_id, data = text.split("+", 2)
    data = base64.b64decode(data, validate=True)
    if len(data) != 33 or data[0] not in types or sha256(name.encode() + b"\n" + data)[:4].hex() != key_id:
        raise ValueError(f'"{text}" is not a vkey')
    return name, bytes.fromhex(key_id), data[0], data[1:]

def parse_note(note):
    """Text, origin, size, root and signatures (name, key id, the rest) of a C2SP tlog-checkpoint; none is verified."""
    text, _, lines = note.decode().rpartition("\n\n")
    origin, size, root = text.split("\n")
    lines, root, signatures = lines.split("\n"), base64.b64decode(root, validate=True), []
    for dash, name, data in (line.split(" ") for line in lines[:-1]):
        data = base64.b64decode(data, validate=True)
        signatures.append((name, data[:4], data[4:]))
        if dash != "\u2014":
            raise ValueError("a signature does not begin with a dash")
    if lines[-1] or len(root) != 32 or size != str(int(size)) or int(size) < 1:
        raise ValueError("it does not have the form of a checkpoint")
    return text.encode() + b"\n", origin, int(size), root, signatures

def checkpoint(path):
    """A file with a signed note, and perhaps the vkey in a line before it."""
    with open(path, "rb") as file:
        note = file.read()
    try:
        vkey(note.partition(b"\n")[0].decode())
        note = note.partition(b"\n")[2]
    except ValueError:
        pass
    return path, parse_note(note)

def signed_by(public_key, text, signature):
    der = bytes.fromhex("302a300506032b6570032100") + public_key  # SubjectPublicKeyInfo of RFC 8410
    pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(der) + b"-----END PUBLIC KEY-----\n"
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key", pem), ("text", text), ("signature", signature)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        command = "openssl pkeyutl -verify -pubin -inkey key -rawin -in text -sigfile signature"
        return subprocess.run(command.split(), cwd=folder, capture_output=True).returncode == 0

def check_openssl():
    """With a signature that is known to be right: test 2 of RFC 8032."""
    key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    signature = ("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    if not signed_by(bytes.fromhex(key), b"\x72", bytes.fromhex(signature)):
        raise OSError("openssl cannot verify Ed25519; 3.0 or later is needed")

def check_signatures(file, note, keys, others):
    """That of the log, whose key is the first, and those of witnesses. `others`: those of other keys may be there."""
    text, origin, _, _, signatures = note
    known = {key[:2]: key[2:] for key in keys}
    if origin != keys[0][0] or keys[0][:2] not in [signature[:2] for signature in signatures]:
        raise Fault(f"{file}: {keys[0][0]} did not sign it with this key")
    for name, key_id, data in signatures:
        kind, public_key = known.get((name, key_id), (None, None))
        message = text
        if kind == WITNESS:  # C2SP tlog-cosignature: the time stands before the signature
            message = b"cosignature/v1\ntime %d\n" % int.from_bytes(data[:8], "big") + text
            data = data[8:]
        if kind is None and not others:
            raise Fault(f"{file}: it is signed by {name}, whose key is not in the file keys")
        if kind is not None and not signed_by(public_key, message, data):
            raise Fault(f"{file}: the signature of {name} is wrong")

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
    for name in sorted(FIXED - sums.keys()):
        raise Fault(f"SHA256SUMS: it does not list {name}")
    for name, value in sorted(sums.items()):
        if name not in FIXED and not re.fullmatch(r"schema(/[\w-]+)+\.proto", name):
            raise Fault(f"SHA256SUMS: {name} is not a file of a pack")
        if sha256(read(folder, name)).hex() != value:
            raise Fault(f"{name}: its checksum is not the one in SHA256SUMS")
    for path, folders, names in os.walk(folder):
        for name in names + [name for name in folders if os.path.islink(os.path.join(path, name))]:
            name = os.path.relpath(os.path.join(path, name), folder).replace(os.sep, "/")
            if name not in tree_files and name not in sums and name not in ("checkpoint", "SHA256SUMS"):
                raise Fault(f"{name}: it does not belong to the pack")

def of_pack(folder, name, parse):
    try:
        return parse(read(folder, name))
    except ValueError as error:
        raise Fault(f"{name}: it does not have its form ({error})")

def parse_keys(data):
    first, *others = data.decode().splitlines()
    return [vkey(first)] + [vkey(line, (WITNESS,)) for line in others]

def verify(pack, key, earlier):
    if not os.path.isdir(pack):
        raise OSError(f"{pack} is not a folder")
    check_openssl()
    unfinished = os.path.lexists(os.path.join(pack, "unfinished"))
    keys, newest = of_pack(pack, "keys", parse_keys), of_pack(pack, "checkpoint", parse_note)
    if key and key != keys[0]:
        raise Fault("keys: the ledger's key in it is not the one that was given")
    check_signatures("checkpoint", newest, keys, others=unfinished)
    for path, note in earlier:
        check_signatures(path, note, keys[:1], others=True)
    size = newest[2]
    notes = [("checkpoint", newest)] + earlier
    roots, files = check_tree(pack, size, {note[2] for _, note in notes})
    for path, (_, _, at, root, _) in notes:
        if at > size:
            raise Fault(f"{path}: it is of {at} events, but the pack ends after {size}")
        if roots[at] != root:
            raise Fault(f"{path}: the root of events 1 to {at} of the pack is another: "
                        "the history was rewritten after it was signed")
    if unfinished:
        raise OSError(f"an export into this pack was cut off; finish it first. Only events 1 to {size} could be "
                      "checked: they are those of the checkpoint")
    check_files(pack, files)
    print(f"GENUINE: events 1 to {size} are what {keys[0][0]} signed, root {newest[3].hex()}")
    if not key:
        print("The key is the pack's own. Compare it with the one published elsewhere:\n  "
              + read(pack, "keys").decode().split("\n")[0])
    print("Not signed, so not proved: trial-balance.csv, schema, README.md, verify.py, the keys of witnesses. "
          "redvest-verify computes the balances anew.")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--key", type=vkey)
    parser.add_argument("--checkpoint", type=checkpoint, action="append", default=[])
    try:
        options = parser.parse_args()
        verify(options.pack, options.key, options.checkpoint)
    except (Fault, ValueError) as fault:
        sys.exit(print(f"NOT GENUINE: {fault}") or 1)
    except OSError as error:
        sys.exit(print(f"cannot check: {error}", file=sys.stderr) or 2)

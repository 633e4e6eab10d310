"""redvest-bench runs every scenario, at a thousandth of its size, prints JSON and nothing else, and leaves nothing."""
import json
import os
import subprocess
import sys
import tempfile

bench = sys.argv[1]


def run(*flags, code=0):
    done = subprocess.run([bench, *flags], capture_output=True, text=True, timeout=280)
    assert done.returncode == code, (flags, done.returncode, done.stdout, done.stderr)
    return done.stdout


names = [line for line in run("--list").splitlines() if not line.startswith(" ")]
assert len(names) == len(set(names)) and {"unary", "stream", "start", "postgres"} <= set(names), names
assert all(name in run("--help") for name in names)
run("--scenario", "nothing", code=2)

with tempfile.TemporaryDirectory() as folder:
    # PostgreSQL's own user must reach its folder.
    os.chmod(folder, 0o755)
    report = json.loads(run("--scale", "0.001", "--json", "--folder", folder))
    assert os.listdir(folder) == [], os.listdir(folder)

ran = {figure["scenario"] for figure in report["figures"]}
skipped = {skip["scenario"] for skip in report["skipped"]}
assert ran | skipped == set(names), (ran, skipped)
assert skipped <= {"postgres"}, report["skipped"]
for figure in report["figures"]:
    assert figure["value"] > 0 and figure["unit"], figure
goals = {figure["goal"]["what"] for figure in report["figures"] if "goal" in figure}
assert len(goals) >= 12, goals

table = run("--scale", "0.001", "--scenario", "stream", "--folder", tempfile.gettempdir())
assert "goals" in table and "mixed batches, all projections caught up" in table, table

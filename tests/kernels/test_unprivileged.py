"""An instructor without root gets confined kernels as well, through a user namespace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = 65534
# The interpreter may lie in root's own folder, which nobody else may enter.
AS_NOBODY = """
set -e
case {base} in /root/*)
    mount --bind {base} {stash}
    mount -t tmpfs -o mode=755 tmpfs /root
    mkdir -p {base}
    mount --bind {stash} {base} ;;
esac
cd {home}
exec setpriv --reuid={nobody} --regid={nobody} --clear-groups \
    env HOME={home} TMPDIR={home} {python} -c "$1"
"""
PROGRAM = """
import json
from cnncourse.judge.client import Client
from cnncourse.kernels.host import KernelHost
from cnncourse.sandbox.proof import holds
with KernelHost() as host:
    found = {"layers": str(host.layers), "wrong": holds(host.proof(host.layers))}
    kernel = host.start()
    with Client(kernel) as client:
        client.wait_until_heard()
        [output] = client.run("import torch; int(torch.ones(3).sum())", 60)[0].outputs
        found["three"] = output.data["text/plain"]
        client.start("a = [bytearray(64 << 20) for _ in range(100)]")
        import time
        deadline = time.monotonic() + 60
        while kernel.ending() is None and time.monotonic() < deadline:
            time.sleep(0.05)
    found["ending"] = kernel.kill().reason
    found["left"] = kernel.base.exists()
print(json.dumps(found))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else for a test")
def test_nobody_can_grade(tmp_path_factory) -> None:
    # Not in pytest's folder, which only its owner may enter.
    home, stash = (Path(f"/tmp/cnncourse-nobody-{os.getpid()}-{name}") for name in ("h", "s"))
    for folder in (home, stash):
        folder.mkdir()
    shutil.chown(home, NOBODY, NOBODY)
    words = {"base": sys.base_prefix, "stash": stash, "home": home, "nobody": NOBODY}
    script = AS_NOBODY.format(**words, python=sys.executable)
    try:
        done = subprocess.run(
            ["unshare", "--mount", "bash", "-c", script, "bash", PROGRAM],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    finally:
        shutil.rmtree(home)
        stash.rmdir()
    if "unshare failed" in done.stderr or "Permission denied" in done.stderr:
        pytest.skip(f"a place where nobody can run Python cannot be made here: {done.stderr[:200]}")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["wrong"] == []
    assert (found["three"], found["ending"], found["left"]) == ("3", "memory", False)
    assert "own user" not in found["layers"]

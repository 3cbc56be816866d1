"""Java's key stores, which keytool reads with: one process for all files."""

import base64
import hashlib
import re
import shutil
import subprocess
from pathlib import Path


def line(shape, path, name, certificates, alias):
    """What `Keystores.java` is to find in a PFX; `alias` is the name to the letter, where it is known."""
    prints = ",".join(hashlib.sha256(der).hexdigest() for der in certificates)
    name = base64.b64encode(name.encode(errors="surrogateescape")).decode()
    alias = base64.b64encode((alias or "").encode()).decode()
    return "\t".join((shape, str(path), name, prints, alias))


def is_there():
    """A JDK that is new enough to run a source file with all that is in ours."""
    if not shutil.which("javac"):
        return False
    version = subprocess.run(["javac", "--version"], capture_output=True, text=True).stdout
    found = re.match(r"javac (\d+)", version)
    return bool(found) and int(found[1]) >= 17


def judge(folder, password, verdict):
    """Judges the lines that were collected in the verdict."""
    if not is_there():
        verdict.absent.append("JDK 17 or later")
        return
    task = folder / "java-task"
    task.write_text("\n".join(verdict.for_java), encoding="utf-8")
    words = ["java", Path(__file__).with_name("Keystores.java"), task, password]
    done = subprocess.run(words, capture_output=True, text=True)
    said = done.stdout.splitlines()
    if done.returncode or len(said) != len(verdict.for_java):
        verdict.problem("pfx", f"java: {done.stderr}")
    for heard, asked in zip(said, verdict.for_java):
        shape, path, *_ = asked.split("\t")
        if heard == "agreed":
            verdict.agree(shape, "java")
        else:
            verdict.problem(shape, f"java: {Path(path).name}: {heard}")

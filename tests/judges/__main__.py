"""Reads back all that kvcert wrote, with programs that are not kvcert.

The one argument is a JSON file with the folder, the password of new files, and the cases: what
each input is called, where it is, and in which shapes it was written. Prints the verdict.
"""

import json
import multiprocessing
import sys
import traceback
import warnings
from pathlib import Path

import java
import kubernetes
import written
from verdict import Verdict

# What `cryptography` thinks of other people's certificates.
warnings.simplefilter("ignore")


def judge(arguments):
    """All shapes of one input."""
    folder, password, case = arguments
    verdict = Verdict(case["name"])
    try:
        written.judge(Path(folder), password, case, verdict)
    except Exception:
        verdict.problem("input", traceback.format_exc())
    return verdict


def main():
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder, cases = Path(task["folder"]), [case for case in task["cases"] if case["shapes"]]
    total = Verdict("all")
    with multiprocessing.Pool() as pool:
        work = [(task["folder"], task["password"], case) for case in cases]
        for verdict in pool.imap_unordered(judge, work, chunksize=4):
            total.add(verdict)
    java.judge(folder, task["password"], total)
    kubernetes.judge_all(folder, cases, total)
    json.dump(total.told(), sys.stdout)


if __name__ == "__main__":
    main()

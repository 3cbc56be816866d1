"""What the judges said."""

from collections import Counter

# What a judge does not know, and why; the others judge those inputs without it.
UNKNOWN = {
    ("cryptography", "curve spelled out"): "refuses curves that are not named",
    ("cryptography", "ECDSA with NULL"): "refuses parameters that RFC 5758 forbids and old Java wrote",
    ("java", "curve spelled out"): "knows no curve that is not named",
    ("java", "secp256k1"): "dropped in Java 16",
    ("java", "issuer without a name"): "refuses the certificate",
}


class Verdict:
    def __init__(self, name):
        self.name = name
        self.agreed, self.excused = Counter(), Counter()
        self.absent, self.problems = [], []
        # Java is asked at the end, once for all.
        self.for_java = []

    def agree(self, shape, judge):
        self.agreed[shape, judge] += 1

    def problem(self, shape, text):
        self.problems.append(f"{self.name} as {shape}: {text}")

    def knowing(self, traits):
        """The judges, besides openssl, that can read what has these traits."""
        known = []
        for judge in ("cryptography", "java"):
            missing = [trait for trait in sorted(traits) if (judge, trait) in UNKNOWN]
            if missing:
                self.excused[f"{judge}: {missing[0]}"] += 1
            else:
                known.append(judge)
        return known

    def add(self, other):
        self.agreed += other.agreed
        self.excused += other.excused
        self.for_java += other.for_java
        self.absent += other.absent
        self.problems += other.problems

    def told(self):
        agreed = {}
        for (shape, judge), count in sorted(self.agreed.items()):
            agreed.setdefault(shape, {})[judge] = count
        return {"agreed": agreed, "excused": self.excused, "absent": self.absent, "problems": self.problems}

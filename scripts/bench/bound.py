"""The shortest time in which a whole vault can be had, by what the service allows.

`bound.py COUNT LATENCY LIMIT`: seconds for COUNT certificates, if each call takes LATENCY seconds
and no more than LIMIT calls may begin in any ten seconds. Pages have 25 certificates; each names
the next one, so they come one after the other. A certificate is one call, made as soon as its page
is there, with any number side by side. The client computes and writes in no time at all.
"""

import heapq
import sys

PAGE, CERTIFICATE = 0, 1


def bound(count, latency, limit):
    # Pages go first: they say what else there is.
    ready, begun, end = [(0.0, PAGE, 0)], [], 0.0
    while ready:
        at, kind, listed = heapq.heappop(ready)
        if len(begun) >= limit:
            at = max(at, begun[-limit] + 10)
        begun.append(at)
        end = max(end, at + latency)
        if kind == PAGE:
            found = min(25, count - listed)
            for _ in range(found):
                heapq.heappush(ready, (at + latency, CERTIFICATE, 0))
            if listed + found < count:
                heapq.heappush(ready, (at + latency, PAGE, listed + found))
    return end


if __name__ == "__main__":
    count, latency, limit = sys.argv[1:]
    print(f"{bound(int(count), float(latency), int(limit)):.3f}")

#!/usr/bin/env python3
"""How long a short command takes, against the shortest there is:  bench/start.py HOLDFAST

Runs `holdfast version` and /bin/true in turn and prints the median of the ratios, pair by pair. The budget is 5. Not a
test: machines are noisy, and a ratio is something to look at.
"""
import statistics
import subprocess
import sys
import time


def seconds(command):
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main():
    pairs = [(seconds([sys.argv[1], "version"]), seconds(["/bin/true"])) for _ in range(100)][5:]
    ratios = [ours / theirs for ours, theirs in pairs]
    print(f"holdfast version / true: median {statistics.median(ratios):.2f}, "
          f"of the minima {min(p[0] for p in pairs) / min(p[1] for p in pairs):.2f} (budget 5)")


if __name__ == "__main__":
    main()

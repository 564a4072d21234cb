"""`python -m tests.bench [name...]`: runs the named measures, or all; each module's `main` prints its table."""

import importlib
import os
import pkgutil
import platform
import sys

import psutil

from tests import bench


def main(names: list[str]) -> None:
    known = [module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_")]
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"There is no measure {unknown[0]}: there is {', '.join(known)}.")
    memory = psutil.virtual_memory().total / 2**30
    machine = (
        f"{platform.platform()}, {os.cpu_count()} processors, {memory:.0f} GiB, Python {platform.python_version()}"
    )
    sys.stdout.write(f"machine: {machine}\n\n")
    for name in names or known:
        importlib.import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])

"""`python -m tests.bench [name...]`: runs the named measures, or all; each module's `main` prints its table."""

import importlib
import pkgutil
import sys

from tests import bench


def main(names: list[str]) -> None:
    known = [module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_")]
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"There is no measure {unknown[0]}: there is {', '.join(known)}.")
    for name in names or known:
        importlib.import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])

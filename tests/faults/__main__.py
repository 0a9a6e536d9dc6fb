"""``make faults``; its work is in a module that worker processes can import by name."""

import sys

from faults.matrix import main

if __name__ == "__main__":
    sys.exit(main())

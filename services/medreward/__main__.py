"""``python -m medreward``."""

from medreward.cli import main

main()

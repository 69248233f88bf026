"""``python -m autoexposure`` is the console script."""

from autoexposure.cli import main

if __name__ == "__main__":
    main()

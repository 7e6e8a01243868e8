"""What pyproject.toml cannot say: the package carries a copy of what the book has measured."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithMeasurements(build_py):
    """Copies book/_data into the package, for the demos of those who install it."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:  # there, the book itself is beside the package
            target = Path(self.build_lib, "cnncourse", "measured")
            shutil.copytree("book/_data", target, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithMeasurements})

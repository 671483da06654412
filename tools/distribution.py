"""What setuptools does to build tcvae: the commands that pyproject.toml names. Two builds have the same bytes."""

import gzip
import os
import re
import shutil
import tarfile
from pathlib import Path

from setuptools import Extension
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist
from setuptools.errors import BaseError, CCompilerError, CompileError

from tcvae_cli.native import FILE
from tcvae_cli.verbs.recipes import CARRIED, recipe_files

# The time that everything in an archive has: 2 February 2020, unless a distribution of Linux asks for another.
os.environ.setdefault("SOURCE_DATE_EPOCH", "1580601600")
# Flags of this Python, or of the environment, that would bind the loops to this machine: its processor and its paths.
OF_THIS_MACHINE = re.compile(r"-m.*=native|-g\d?|-L.*|-Wl,-rpath.*")


class BuildPackage(build_py):
    """Copy the package, and into it the recipes, which `tcvae recipes` writes; in a clone it takes the clone's own."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            carried = Path(self.build_lib, "tcvae_cli", CARRIED)
            shutil.rmtree(carried, ignore_errors=True)  # with what an earlier build had
            for name in recipe_files(Path()):
                self.mkpath(str((carried / name).parent))
                self.copy_file(name, str(carried / name))


class BuildLoops(build_ext):
    """Compile the loops in C into a plain library, which ctypes opens: it is no module, and so fits every Python.

    Where that fails, say so in one line and go on without: the package is complete, and slower.
    """

    def get_ext_filename(self, fullname: str) -> str:
        return os.path.join(*fullname.split(".")) + FILE.suffix

    def get_libraries(self, ext: Extension) -> list[str]:
        return ext.libraries  # without that of Python, to which Windows links every module

    def get_export_symbols(self, ext: Extension) -> None:
        return None  # a module's PyInit_kernels is not there

    def build_extension(self, ext: Extension) -> None:
        try:
            if self.compiler.compiler_type == "msvc":
                raise CompileError("Microsoft's compiler has no vectors as GCC and clang have them")
            for command in ("compiler_so", "linker_so"):
                words = getattr(self.compiler, command)
                setattr(self.compiler, command, [word for word in words if not OF_THIS_MACHINE.fullmatch(word)])
            super().build_extension(ext)
        except (BaseError, CCompilerError) as fault:
            Path(self.get_ext_fullpath(ext.name)).unlink(missing_ok=True)  # that of an earlier build
            if self.editable_mode:
                Path(self.get_ext_filename(ext.name)).unlink(missing_ok=True)  # and its copy in the clone
            self.distribution.ext_modules = self.extensions = []
            self.warn(f"built without the loops in C, which torch does more slowly: {fault}")


class BuildWheel(bdist_wheel):
    """Write a wheel for every Python 3: for this platform if it has the loops, else for all."""

    def run(self) -> None:
        self.run_command("build")
        self.root_is_pure = not self.distribution.has_ext_modules()
        super().run()

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]

    def write_wheelfile(self, *where: str) -> None:
        super().write_wheelfile(*where)
        for path in filter(Path.is_file, Path(self.bdist_dir).rglob("*")):  # all that comes into the archive
            path.chmod(plain_mode(path.stat().st_mode))


class BuildSource(sdist):
    """Write the source distribution: the files in order, without a time, owner or umask of this machine."""

    def make_archive(self, base_name: str, kind: str, *, base_dir: str, **of_owner: object) -> str:
        name = f"{base_name}.tar.gz"
        time = int(os.environ["SOURCE_DATE_EPOCH"])

        def settle(entry: tarfile.TarInfo) -> tarfile.TarInfo:
            entry.mode, entry.mtime = plain_mode(entry.mode), time
            entry.uid, entry.gid, entry.uname, entry.gname = 0, 0, "", ""
            return entry

        self.mkpath(os.path.dirname(name))
        with (
            open(name, "wb") as file,
            gzip.GzipFile("", "wb", mtime=time, fileobj=file) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path in sorted(filter(Path.is_file, Path(base_dir).rglob("*"))):
                archive.add(path, path.as_posix(), filter=settle)
        return name


def plain_mode(mode: int) -> int:
    """Return 0755 or 0644: whether its owner may execute a file is all that a MODE says that git knows too."""
    return 0o755 if mode & 0o100 else 0o644

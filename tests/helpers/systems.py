"""Python as on another system, as far as Linux can play it: a folder whose sitecustomize.py makes it so at its start.

WINDOWS lacks what Windows lacks, for `tcvae_cli` at least, and refuses what it refuses: to open a folder, and to rename
or remove a file that is open. Its msvcrt locks ranges of bytes as Windows does, each for one opening of a file. Text
has to name its encoding. MACOS has no /proc, bounds no memory, and must not fork.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

BOTH = """
import builtins, importlib, io, os, signal, sys, types

def lacking(function, *starts):
    def ask(path, *arguments, **options):
        if isinstance(path, (str, os.PathLike)) and os.fspath(path).startswith(starts):
            raise FileNotFoundError(2, "No such file or directory", path)
        return function(path, *arguments, **options)
    return ask

builtins.open = io.open = lacking(io.open, "/proc/")
del os.sched_getaffinity
"""

MACOS = f"""{BOTH}
import fcntl, platform, resource, sysconfig
import h5py, numpy  # which ask for the system when they are loaded
if "sys.argv[4:]" not in str(sys.orig_argv):  # of the process that tries an HDF5 file
    import typer
platform.uname().processor, sysconfig.get_config_vars()
sys.platform = "darwin"
fcntl.F_FULLFSYNC = 51
flushed, fcntl_of_linux, setrlimit = [], fcntl.fcntl, resource.setrlimit

def fork():
    raise AssertionError("a fork")

def control(descriptor, command, *rest):
    flushed.append(command)
    return 0 if command == fcntl.F_FULLFSYNC else fcntl_of_linux(descriptor, command, *rest)

def limit(what, most):
    if what == resource.RLIMIT_AS:
        raise ValueError("current limit exceeds maximum limit")
    setrlimit(what, most)

def usage(whose):
    found = getrusage(whose)
    return types.SimpleNamespace(ru_maxrss=1024 * found.ru_maxrss, ru_utime=found.ru_utime, ru_stime=found.ru_stime)

getrusage = resource.getrusage
os.fork, fcntl.fcntl, resource.setrlimit, resource.getrusage = fork, control, limit, usage
"""

WINDOWS = f"""{BOTH}
import asyncio  # whose part for Unix asks os.sysconf when it is loaded
import ctypes, errno, fcntl, struct, warnings
warnings.filterwarnings("error", category=EncodingWarning, module="tcvae_cli")
ours = lambda depth: str(sys._getframe(depth).f_globals.get("__name__")).startswith("tcvae_cli")

def locking(descriptor, mode, count):
    place = os.lseek(descriptor, 0, os.SEEK_CUR)
    kind = fcntl.F_RDLCK if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY else fcntl.F_WRLCK
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", kind, 0, place, count, 0))
    except OSError:
        raise PermissionError(errno.EACCES, "Permission denied") from None

msvcrt = types.SimpleNamespace(locking=locking, LK_NBLCK=2)
import_module, import_of_python = importlib.import_module, builtins.__import__

def module(name, package=None):
    if name in ("fcntl", "resource") and ours(2):
        raise ModuleNotFoundError(name)
    return msvcrt if name == "msvcrt" and ours(2) else import_module(name, package)

def statement(name, *rest, **named):
    if name in ("fcntl", "resource", "termios", "pwd", "grp") and ours(2):
        raise ModuleNotFoundError(name)
    return import_of_python(name, *rest, **named)

importlib.import_module, builtins.__import__ = module, statement
for name in "SIGHUP SIGALRM SIGXCPU pthread_sigmask alarm".split():
    delattr(signal, name)
for name in "fork O_NOFOLLOW O_NONBLOCK chown pread sysconf getppid".split():
    delattr(os, name)
signal.CTRL_C_EVENT = 0
kill = os.kill

def end(process, number):
    os._exit(number) if process == os.getpid() else kill(process, signal.SIGKILL)

def is_open(path):
    found = [os.path.realpath(f"/proc/self/fd/{{name}}") for name in os.listdir("/proc/self/fd")]
    return os.path.realpath(path) in found

def closed(function):
    def ask(*paths, **options):
        for path in paths:
            if is_open(path):
                error = PermissionError(errno.EACCES, "Permission denied", path)
                error.winerror = 32
                raise error
        return function(*paths, **options)
    return ask

open_of_linux = os.open

def open_file(path, *rest, **options):
    if ours(2) and os.path.isdir(path):
        raise PermissionError(errno.EACCES, "Permission denied", path)
    return open_of_linux(path, *rest, **options)

def tell_memory(reference):
    reference._obj.all, reference._obj.free = 8 << 30, 4 << 30
    return 1

os.open, os.kill, os.stat = open_file, end, lacking(os.stat, "/dev/std")
os.replace, os.unlink = closed(os.replace), closed(os.unlink)
ctypes.windll = types.SimpleNamespace(kernel32=types.SimpleNamespace(GlobalMemoryStatusEx=tell_memory))
"""


def run_on(system: str, program: str, folder: Path, seconds: float = 300) -> list[str]:
    """Run a Python PROGRAM in FOLDER as on a system, and return the lines that it prints; it must end well."""
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(system)
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (folder / "site", ROOT, ROOT / "tests"))),
            "PYTHONWARNDEFAULTENCODING": "1",
            "OMP_NUM_THREADS": "1",
            "TCVAE_THREADS": "2",
        },
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, ""), found.stderr
    return found.stdout.splitlines()


def crash(file: object) -> None:
    """End this process as HDF5 does on some damaged files."""
    os.abort()

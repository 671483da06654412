"""tools/install.sh beside a fake Python and a fake uv: which of them installs what, and what is said if it cannot."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OTHERS = ("bash", "cat", "cp", "env", "grep", "head", "mkdir", "mktemp", "rm", "sed", "tee")

# Each fake notes its words and fails as the file `fault` says, if there is one. A new environment has a python and pip.
FAKE = """\
#!/usr/bin/env bash
echo "${0##*/} $*" >>calls
case "$*" in
    *venv*) folder=${!#}/bin; mkdir -p "$folder"; cp bin/python3 "$folder/python"; cp bin/python3 "$folder/pip" ;;
    *group.py*) exec PYTHON "$@" ;;
    "-c import sys"*) [[ ! -e old ]] ;;
    "pip compile"*) [[ ! -e unreachable ]] ;;
    *torch-cpu*) [[ ! -e no-build-for-the-CPU ]] ;;
    *) [[ ! -e fault ]] || { cat fault >&2; exit 1; } ;;
esac
"""


class Machine:
    """A folder with what an installation reads, and the programs of a machine, one of which may be uv."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs = folder, folder / "bin"
        shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        self.programs.mkdir()
        for name in OTHERS:
            (self.programs / name).symlink_to(str(shutil.which(name)))
        self.have("python3")

    def have(self, name: str) -> None:
        (self.programs / name).write_text(FAKE.replace("PYTHON", sys.executable))
        (self.programs / name).chmod(0o755)

    def install(self, part: str, status: int = 0, **variables: str) -> list[str]:
        """Install a part into the folder env, and return what was called for that."""
        (self.folder / "calls").write_text("")
        run = subprocess.run(
            [self.programs / "bash", "tools/install.sh", "python3", "env", part],
            cwd=self.folder,
            env={"PATH": str(self.programs), "TMPDIR": str(self.folder), "HOME": str(self.folder), **variables},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert run.returncode == status, run.stderr
        self.said = run.stderr
        calls = (self.folder / "calls").read_text().splitlines()
        return [line for line in calls if "-c import sys" not in line and "group.py" not in line]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


ANNY, TCVAE = "--no-deps -c constraints.txt anny", "-c constraints.txt -e .[figures,scores]"


def test_pip_installs_where_there_is_no_uv(machine: Machine) -> None:
    pip = "python -m pip install --quiet --no-warn-conflicts"
    assert machine.install("tcvae") == ["python3 -m venv env", f"{pip} {ANNY}", f"{pip} {TCVAE}"]
    (docs,) = machine.install("docs")
    assert docs.startswith(f"{pip} -c constraints.txt sphinx>=")


def test_uv_installs_the_same_where_there_is_one(machine: Machine) -> None:
    machine.have("uv")
    uv = "uv pip install --quiet --python env/bin/python --reinstall-package tcvae"
    venv = "uv venv --quiet --seed --allow-existing --python python3 env"
    asked = "uv pip compile --quiet --no-deps -"
    assert machine.install("tcvae") == [venv, asked, f"{uv} {ANNY}", f"{uv} {TCVAE}"]
    assert machine.said == ""
    (docs,) = machine.install("docs")
    assert docs.startswith(f"{uv} -c constraints.txt sphinx>=")


def test_uv_says_when_it_cannot_choose_torch(machine: Machine) -> None:
    machine.have("uv")
    (machine.folder / "unreachable").touch()
    machine.install("tcvae")
    assert machine.said.startswith("install: PyTorch's own index cannot be reached, so torch comes from where")
    assert not any("compile" in call for call in machine.install("tcvae", UV_TORCH_BACKEND="cu130"))


@pytest.mark.parametrize("uv", [False, True])
def test_locked_installs_only_what_has_a_hash(machine: Machine, uv: bool) -> None:
    if uv:
        machine.have("uv")
    _, torch, run, ours = machine.install("tcvae", LOCKED="1")
    assert torch.endswith(" --require-hashes --no-deps -r locks/torch-cpu.txt")
    assert run.endswith(" --require-hashes --no-deps -r locks/run.txt")
    assert ours.endswith(" --no-deps --no-build-isolation -e .")
    (dev,) = machine.install("dev", LOCKED="1")
    assert dev.endswith(" --require-hashes --no-deps -r locks/dev.txt")
    (machine.folder / "no-build-for-the-CPU").touch()
    assert machine.install("tcvae", LOCKED="1")[1].endswith(" --require-hashes --no-deps -r locks/torch.txt")


def test_a_half_made_environment_is_completed(machine: Machine) -> None:
    machine.install("docs")
    (machine.folder / "env/bin/pip").unlink()
    assert machine.install("docs")[0] == "python3 -m venv env"


NETWORK = "; check the network and its proxy (HTTPS_PROXY), or name a mirror by "


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            "  ERROR: Could not find a version that satisfies the requirement setuptools>=77 (from versions: none)\n"
            "  ERROR: No matching distribution found for setuptools>=77\n",
            f"setuptools>=77 could not be fetched{NETWORK}PIP_INDEX_URL",
        ),
        (
            "ERROR: Could not install packages due to an OSError: HTTPSConnectionPool(host='mirror', port=443): "
            "Max retries exceeded with url: /simple/rich/ (Caused by ...)\n",
            f"/simple/rich/ could not be fetched{NETWORK}PIP_INDEX_URL",
        ),
        (
            "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by ...\n"
            "ERROR: Cannot install anny because these package versions have conflicting dependencies.\n",
            f"anny could not be fetched{NETWORK}PIP_INDEX_URL",
        ),
        (
            "ERROR: Cannot install anny because these package versions have conflicting dependencies.\n",
            "what stands above keeps it from installing into env",
        ),
        ("HTTPSConnectionPool(host='mirror', port=443): Read timed out.\n", f"a package could not be fetched{NETWORK}"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n",
            "a file has none of the hashes in locks/",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement numpy==2.4.6 (from versions: 1.1, 1.2)\n"
            "ERROR: No matching distribution found for numpy==2.4.6\n",
            "what stands above keeps it from installing into env",
        ),
        ("ERROR: [Errno 28] No space left on device\n", "what stands above keeps it from installing into env"),
    ],
)
def test_the_last_line_says_what_failed(machine: Machine, fault: str, said: str) -> None:
    (machine.folder / "fault").write_text(fault)
    machine.install("tcvae", status=1)
    assert machine.said.startswith(fault)
    assert machine.said.removeprefix(fault).startswith(f"install: {said}")
    assert machine.said.removeprefix(fault).count("\n") == 1


def test_without_an_index_the_folder_of_wheels_lacks_it(machine: Machine) -> None:
    fault = "ERROR: Cannot install anny because these package versions have conflicting dependencies.\n"
    (machine.folder / "fault").write_text(fault)
    machine.install("tcvae", status=1, PIP_NO_INDEX="1", PIP_FIND_LINKS="wheels")
    said = "install: the folder of wheels (PIP_FIND_LINKS) has no anny that fits; add it there"
    assert machine.said.removeprefix(fault).startswith(said)


def test_what_uv_could_not_fetch_is_named(machine: Machine) -> None:
    machine.have("uv")
    (machine.folder / "fault").write_text("error: Failed to fetch: https://mirror/simple/anny/\n  cause: dns error\n")
    machine.install("tcvae", status=1)
    said = f"install: https://mirror/simple/anny/ could not be fetched{NETWORK}UV_DEFAULT_INDEX"
    assert machine.said.splitlines()[-1].startswith(said)


def test_an_old_python_is_refused(machine: Machine) -> None:
    (machine.folder / "old").touch()
    assert machine.install("tcvae", status=1) == []
    assert machine.said == "install: python3 is not Python 3.11 or newer; give one, such as PYTHON=python3.12\n"
    assert not (machine.folder / "env").exists()

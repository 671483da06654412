"""Where the kernels' tests run: on CUDA, or in Triton's interpreter under TRITON_INTERPRET=1 (`make kernel-test`)."""

import os

import pytest
import torch


@pytest.fixture(scope="session")
def device() -> torch.device:
    """Return where the kernels run."""
    pytest.importorskip("triton", reason="Triton is not installed: `make kernel-test` runs these in its interpreter")
    if os.environ.get("TRITON_INTERPRET") == "1":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        pytest.skip("needs CUDA, or TRITON_INTERPRET=1: `make kernel-test`")
    return torch.device("cuda", 0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Triton's interpreter count loops by arrays of one number, of which numpy complains."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore:Conversion of an array with ndim:DeprecationWarning"))

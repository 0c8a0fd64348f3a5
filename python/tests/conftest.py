"""Scenes that our own ``synth`` draws, once for all tests."""

import pytest

import lensframe


@pytest.fixture(scope="session")
def scenes(tmp_path_factory):
    """Twelve scenes with detections."""
    path = tmp_path_factory.mktemp("scenes with spaces") / "scenes.lf"
    return lensframe.synth(path, 12, size="96x64:128x96", seed=3, detections=True)

#!/usr/bin/env python3
"""Asks pycocotools again about the inputs on which evaluators differ: it must answer as tests/recorded has it.

needs: pycocotools, numpy

What the program says to them is tested against the recording by `cargo test --test it eval::divergences`.
"""
import subprocess
import sys
from pathlib import Path

RECORD = Path(__file__).resolve().parents[1] / "recorded" / "divergences" / "record.py"

sys.exit(subprocess.run([sys.executable, RECORD, "check"]).returncode)

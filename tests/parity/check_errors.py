#!/usr/bin/env python3
"""The recorded answers of TIDE are what tidecv says now.

needs: numpy, pycocotools, tidecv
use: check_errors.py PROGRAM
"""
import os
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
script = os.path.join(here, "..", "recorded", "eval_tide.py")
sys.exit(subprocess.run([sys.executable, "-W", "ignore", script, "check"]).returncode)

import json
import os
import subprocess
import sys


def test_every_picture_in_the_window_has_its_cost(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "gui.window_cost", "3"],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    costs_s = json.loads(ran.stdout)
    assert len(costs_s) == 3
    assert all(cost_s > 0 for cost_s in costs_s)

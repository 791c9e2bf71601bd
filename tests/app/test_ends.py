"""The command serves until Ctrl-C, and then leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from helpers.command_line import environment


def test_ctrl_c_ends_the_page_in_one_sentence_and_leaves_no_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sim", "app", "port=0", "lang=zh"]
    with subprocess.Popen(
        command, env=environment() | {"TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
        # Tests that a shell started in the background ignore the signal, and their children, too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as started:  # fmt: skip
        try:
            assert started.stdout
            assert started.stderr
            told = started.stdout.readline()
            with urlopen(told.split()[1]) as page:
                assert "规划措施" in page.read().decode()
            os.kill(started.pid, signal.SIGINT)
            assert started.wait(20) == 130
            assert started.stderr.read() == "interrupted: the page is closed; what was saved stays.\n"
        finally:
            started.kill()  # what fails above must not wait for a page that serves on
    assert list(tmp_path.iterdir()) == []

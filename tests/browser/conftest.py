"""A headless Chromium, driven by the DevTools protocol over a pipe.

Nothing but Python is needed: the browser reads JSON messages that end in a zero byte
from its file descriptor 3 and answers on 4.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # WebGL without a graphics card
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Chromium:
    """One browser with one page; console errors and exceptions are kept."""

    def __init__(self, program, folder):
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()

        def wire():
            # By way of high numbers: either end may be 3 or 4 already.
            os.dup2(os.dup2(to_browser, 103), 3)
            os.dup2(os.dup2(from_browser, 104), 4)

        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={folder}", "about:blank"],
            preexec_fn=wire,
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.session = b"", 0, None
        self.errors, self.requests, self.loaded = [], [], 0
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        """Send a command and return its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def read(self, seconds=60):
        """Return the next message; what it says of errors is kept."""
        while b"\0" not in self.buffer:
            assert select.select([self.read_end], [], [], seconds)[0], "no answer"
            chunk = os.read(self.read_end, 2**20)
            assert chunk, "the browser ended"
            self.buffer += chunk
        text, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(text)
        self.note(message.get("method"), message.get("params", {}))
        return message

    def note(self, method, parameters):
        """Keep errors, requests and loads."""
        if method == "Runtime.exceptionThrown":
            self.errors.append(parameters["exceptionDetails"])
        elif method == "Runtime.consoleAPICalled":
            if parameters["type"] in ("error", "warning", "assert"):
                self.errors.append(parameters["args"])
        elif method == "Log.entryAdded":
            if parameters["entry"]["level"] == "error":
                self.errors.append(parameters["entry"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded += 1

    def open(self, path, *, width=1280, height=900, scheme="light"):
        """Open a file, and wait until it has loaded."""
        self.errors.clear()
        self.requests.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)
        before = self.loaded
        self.call("Page.navigate", url="about:blank")
        address = path if isinstance(path, str) else path.resolve().as_uri()
        while self.loaded == before:
            self.read()
        before = self.loaded
        self.call("Page.navigate", url=address)
        while self.loaded == before:
            self.read()

    def run(self, script):
        """Return the value of an expression on the page."""
        answer = self.call(
            "Runtime.evaluate",
            expression=script,
            returnByValue=True,
            awaitPromise=True,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, script, seconds=30):
        """Wait until an expression is true, and return its value."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(script)
            if value:
                return value
            assert time.monotonic() < end, f"never true: {script}"
            time.sleep(0.05)

    def press(self, key):
        """Press a key, as on a keyboard, wherever the focus is."""
        codes = {"ArrowRight": 39, "ArrowLeft": 37, "Enter": 13, "Tab": 9}
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=codes[key],
                **text,
            )

    def click(self, x, y):
        """Click at a place of the window."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x,
                y=y,
                button="left",
                clickCount=1,
            )

    def screenshot(self, path, *, whole=True):
        """Write what the page looks like into a PNG file."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        """End the browser."""
        self.session = None
        os.write(self.write_end, b'{"id":0,"method":"Browser.close"}\0')
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.write_end)
        os.close(self.read_end)


def start(folder):
    """Return a browser, or None where there is none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    return Chromium(program, folder) if program else None


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A headless Chromium; tests are skipped where there is none."""
    found = start(tmp_path_factory.mktemp("chromium"))
    if found is None:
        pytest.skip(f"needs a browser: none of {', '.join(NAMES)} is installed")
    yield found
    found.close()

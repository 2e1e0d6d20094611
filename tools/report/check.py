#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens a report in headless Chromium and uses it like a reader: clicks, moves sliders, reads.

Needs Debian's chromium and chromium-driver. Writes screenshots beside the report: wide, phone, dark
and printed.
"""
import argparse
import base64
import json
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request


class Browser:
    """A WebDriver session (https://www.w3.org/TR/webdriver2)."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}", "--log-level=SEVERE"])
        self.root = f"http://127.0.0.1:{port}"
        try:
            self.session = self.begin()
        except BaseException:
            self.driver.terminate()
            raise

    def begin(self):
        """Waits for the driver and starts a session."""
        for _ in range(100):
            try:
                urllib.request.urlopen(self.root + "/status", timeout=5)
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        options = {"args": ["--headless", "--no-sandbox", "--hide-scrollbars"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self.call("POST", "", {"capabilities": {"alwaysMatch": wanted}}, session="")
        return answer["sessionId"]

    def call(self, method, path, body=None, session=None):
        prefix = "/session" if session == "" else f"/session/{self.session}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            self.root + prefix + path, data=data, method=method,
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)["value"]

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def command(self, name, **parameters):
        return self.call(
            "POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def press(self, key):
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": keys}]})

    def screenshot(self, path, width, height=None):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height or 900,
                     deviceScaleFactor=1, mobile=width < 600)
        tall = height or self.run("return document.documentElement.scrollHeight")
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=tall,
                     deviceScaleFactor=1, mobile=width < 600)
        path.write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


def check(condition, what):
    if not condition:
        raise SystemExit(f"report: {what}")


def check_tabs(browser):
    """The second button of each row shows its gallery and hides the first's."""
    rows = browser.run("""
        return [...document.querySelectorAll('.tabs')].map(tabs => {
          const buttons = [...tabs.querySelectorAll('button')];
          const hidden = () => buttons.map(b => document.getElementById(b.dataset.shows).hidden);
          const before = hidden();
          buttons[1].click();
          const after = hidden();
          buttons[0].click();
          return [before, after, hidden()];
        });""")
    check(rows, "no row shows pictures")
    for before, after, again in rows:
        check(before == [False, True], f"the galleries start as {before}")
        check(after == [True, False], f"a click on the second button gives {after}")
        check(again == before, f"a click on the first button gives {again}")


def check_slider(browser):
    """The keyboard moves the boundary between the original and the enhanced picture."""
    split = """return getComputedStyle(document.querySelector('.slider'))
        .getPropertyValue('--split');"""
    before = float(browser.run(split))
    browser.run("document.querySelector('input[type=range]').focus();")
    browser.press("\ue014")  # The right arrow.
    after = float(browser.run(split))
    check(abs(after - before - 0.01) < 1e-6, f"the right arrow moves a slider by {after - before}")


def check_page(browser):
    check(browser.run("return document.title"), "no title")
    broken = browser.run("""
        return [...document.images].filter(i => !i.complete || !i.naturalWidth).length;""")
    check(broken == 0, f"{broken} pictures do not load")
    loaded = browser.run("""
        return performance.getEntriesByType('resource').map(e => e.name)
          .filter(n => !n.startsWith('data:'));""")
    check(not loaded, f"the page loads {loaded}")
    dangling = browser.run("""
        return [...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))
          .filter(h => !document.querySelector(h));""")
    check(not dangling, f"links lead nowhere: {dangling}")
    unnamed = browser.run("""
        return document.querySelectorAll('img:not([alt]), svg:not([aria-label])').length;""")
    check(unnamed == 0, f"{unnamed} pictures have no alternative text")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=pathlib.Path)
    report = parser.parse_args().report.resolve()
    browser = Browser()
    try:
        browser.call("POST", "/url", {"url": report.as_uri()})
        check_page(browser)
        check_tabs(browser)
        check_slider(browser)
        for name, width, scheme in [("wide", 1200, "light"), ("phone", 390, "light"),
                                    ("dark", 1000, "dark")]:
            browser.command("Emulation.setEmulatedMedia", media="screen",
                            features=[{"name": "prefers-color-scheme", "value": scheme}])
            browser.screenshot(report.with_name(f"{report.stem}-{name}.png"), width)
            overflow = browser.run("""
                return document.documentElement.scrollWidth - innerWidth;""")
            check(overflow <= 0, f"{name}: the page is {overflow} pixels too wide")
        browser.command("Emulation.setEmulatedMedia", media="print", features=[])
        browser.screenshot(report.with_name(f"{report.stem}-print.png"), 800)
        log = [entry["message"] for entry in browser.call("POST", "/se/log", {"type": "browser"})]
        check(not log, f"the console says {log}")
    finally:
        browser.close()
    print(f"{report.name}: no errors in Chromium; screenshots beside it")


if __name__ == "__main__":
    main()

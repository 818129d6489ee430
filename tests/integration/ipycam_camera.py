"""ipycam, an ONVIF camera that is not ours, on this machine's first address. Says a line when it is ready."""

from __future__ import annotations

import time

HOST, PORT = "10.77.2.2", 8080
NAME = "Window 3 (ipycam)"
USERNAME, PASSWORD = "viewer", "s3cret & <word>"


def main() -> None:
    from ipycam import CameraConfig, IPCamera  # noqa: PLC0415, the tests import this module for its constants

    config = CameraConfig(
        name=NAME.replace(" ", "%20"),  # it puts the name into a list of addresses as it is
        local_ip=HOST,
        onvif_port=PORT,
        serial_number="PY-000042",
        username=USERNAME,
        password=PASSWORD,
    )
    camera = IPCamera(config)
    camera.start()
    print("ready", flush=True)  # noqa: T201, whoever started this waits for it
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()

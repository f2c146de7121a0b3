"""Images and containers in a store of their own, which goes with everything in it."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

PROGRAMS = ("podman", "runc")
_USUAL_S = 120.0
_STOP_S = 60
_FILES = 65536
_PROCESSES = 16384
_DRIVERS = ("overlay", "vfs")


class PodmanError(RuntimeError):
    """podman failed; the message is its own last words."""


class Podman:
    """``podman`` over the images and containers of one directory. Needs to be root."""

    def __init__(self, directory: Path) -> None:
        """Tries which way of storing layers works here.

        Raises:
            PodmanError: none does.
        """
        self._directory = directory
        (directory / "tmp").mkdir()
        # No manager of services is asked for anything. No limit is raised, which not every root may do; and podman
        # lowers its own, of processes, to about as many as there are numbers for them.
        files = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], _FILES)
        processes = min(resource.getrlimit(resource.RLIMIT_NPROC)[1], _PROCESSES)
        (directory / "containers.conf").write_text(
            f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]\n'
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        )
        for self._driver in _DRIVERS:
            try:
                self("info")
                break
            except PodmanError as error:
                reason = error
        else:
            raise reason

    def __call__(self, *arguments: str, limit_s: float = _USUAL_S, errors: bool = False) -> str:
        """Runs a subcommand, and returns what it printed; with ``errors``, on standard error too.

        Raises:
            PodmanError: it failed, or took longer than ``limit_s``.
        """
        store = self._directory / self._driver  # one for each way tried: what another made is not taken
        places = ("--root", str(store), "--runroot", str(store / "run"), "--storage-driver", self._driver)
        try:
            done = subprocess.run(
                ["podman", *places, *arguments],
                env={
                    **os.environ,
                    "CONTAINERS_CONF": str(self._directory / "containers.conf"),
                    "TMPDIR": str(self._directory / "tmp"),
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if errors else subprocess.PIPE,
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PodmanError(f"podman {arguments[0]} took longer than {limit_s:.0f} s") from None
        if done.returncode:
            said = (done.stderr or done.stdout).decode(errors="replace")
            raise PodmanError(f"podman {arguments[0]}: {said.strip()[-4000:]}")
        return done.stdout.decode(errors="replace")

    @contextlib.contextmanager
    def running(self, image: str, *command: str, options: tuple[str, ...] = ()) -> Iterator[str]:
        """A container in the background, by its name, until the block ends."""
        name = self("run", "--detach", *options, image, *command).strip()
        try:
            yield name
        finally:
            self("rm", "--force", "--time", str(_STOP_S), name, limit_s=_STOP_S + _USUAL_S)

    def logs(self, container: str) -> str:
        """What a container wrote, to both of its outputs."""
        return self("logs", container, errors=True)

    def build(
        self,
        context: Path,
        dockerfile: str,
        target: str,
        *,
        arguments: Mapping[str, str],
        secrets: Mapping[str, Path],
        mounts: Mapping[Path, Path],
        limit_s: float,
    ) -> str:
        """Builds a target of a Dockerfile, and returns the image's name."""
        name = f"localhost/{target}:test"
        options = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        options += [f"--secret=id={key},src={path}" for key, path in secrets.items()]
        options += [f"--volume={here}:{there}:ro" for here, there in mounts.items()]
        # chroot: its steps need no more rights than a build without containers; no layers: nobody builds it again
        usual = ("--isolation=chroot", "--network=host", "--layers=false", "--quiet", f"--file={context / dockerfile}")
        self("build", *usual, *options, f"--target={target}", f"--tag={name}", str(context), limit_s=limit_s)
        return name

    def close(self) -> None:
        """Removes every container and image, and what they were kept in."""
        self("rm", "--all", "--force", "--time", "0")
        self("rmi", "--all", "--force")
        # podman leaves its store mounted upon itself
        subprocess.run(["umount", "--quiet", str(self._directory / self._driver / self._driver)], check=False)
        shutil.rmtree(self._directory)


def works(podman: Podman, image: str) -> None:
    """Runs a container that does nothing.

    Raises:
        PodmanError: containers cannot run on this machine.
    """
    podman("run", "--rm", "--network=host", image, "true")

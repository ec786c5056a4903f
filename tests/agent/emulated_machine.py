#!/usr/bin/python3
"""Tests of a cross build that qemu-user cannot run, on an emulated machine with Debian's kernel for the processor: the sandbox of the
decoder, which is this kernel's, its threads, and what it counts of a socket.

The machine has no disk: the kernel, a busybox, the libraries and the programs under test are all it has. All state is below --work;
the log of a machine whose tests fail is printed, and it ends with an exit code other than 0.
"""

import argparse
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TESTS = ":".join(Path(__file__).with_name("emulated_tests.txt").read_text().split())
PATIENCE = 900  # seconds
DONE = "tests ended with 0"


@dataclass
class Processor:
    triple: str
    emulator: str
    core: str


PROCESSORS = {
    "armhf": Processor("arm-linux-gnueabihf", "qemu-system-arm", "cortex-a15"),
    "aarch64": Processor("aarch64-linux-gnu", "qemu-system-aarch64", "cortex-a57"),
}

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
rm /bin/true  # an applet goes by the name it is called by, and a decoder is called by another
printf '#!/bin/sh\\nexit 0\\n' > /bin/true
chmod +x /bin/true
export PATH=/bin LD_LIBRARY_PATH={libraries}
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
ip link set lo up
code=0
for test in {tests}; do $test --gtest_brief=1 --gtest_filter='{filter}' || code=$?; done
echo "tests ended with $code"
poweroff -f
"""


def copy(file, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, target)


def make_initramfs(options, processor, out):
    root = options.work / "root"
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("bin", "proc", "sys", "dev", "tmp", "etc"):
        (root / folder).mkdir(parents=True)
    copy(options.system / "bin/busybox", root / "bin/busybox")
    libraries = Path("lib") / processor.triple
    for place in (Path("/usr") / processor.triple / "lib", options.foreign / "usr" / libraries, options.foreign / libraries):
        for library in place.glob("*.so*"):
            if library.is_file():  # a link of a package for developers may lead nowhere
                copy(library, root / libraries / library.name)
    for loader in (root / libraries).glob("ld-linux*"):
        copy(loader, root / "lib" / loader.name)
    tests = [options.build / "tests/agent" / name for name in ("agent_parts_test", "agent_machine_test")]
    for program in (*tests, options.build / "agent/skiff-decode"):
        copy(program, root / program.relative_to("/"))
    (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")
    (root / "init").write_text(INIT.format(libraries=f"/{libraries}", tests=" ".join(map(str, tests)), filter=TESTS))
    (root / "init").chmod(0o755)
    with out.open("wb") as archive:
        names = subprocess.run(["find", ".", "-print0"], cwd=root, check=True, capture_output=True).stdout
        cpio = ["cpio", "--quiet", "--null", "--create", "--format=newc", "--owner=0:0"]
        packed = subprocess.run(cpio, cwd=root, input=names, check=True, capture_output=True).stdout
        subprocess.run(["gzip", "-1"], input=packed, stdout=archive, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("processor", choices=PROCESSORS)
    parser.add_argument("--build", type=lambda text: Path(text).resolve(), required=True, help="folder of the cross build")
    parser.add_argument("--foreign", type=Path, required=True, help="the processor's libraries, unpacked")
    parser.add_argument("--system", type=Path, required=True, help="its kernel and busybox, unpacked")
    parser.add_argument("--work", type=Path, required=True)
    options = parser.parse_args()
    processor = PROCESSORS[options.processor]
    options.work.mkdir(parents=True, exist_ok=True)
    initramfs = options.work / "initramfs"
    make_initramfs(options, processor, initramfs)
    (kernel,) = options.system.glob("boot/vmlinuz-*")
    words = ["-M", "virt", "-cpu", processor.core, "-m", "1024", "-smp", "2", "-nographic", "-no-reboot", "-kernel", kernel, "-initrd", initramfs]
    words += ["-append", "console=ttyAMA0 panic=-1 quiet audit=0 rdinit=/init"]
    with (options.work / "log").open("wb") as log:
        subprocess.run([processor.emulator, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=PATIENCE, check=True)
    text = (options.work / "log").read_text(errors="replace")
    print("\n".join(line for line in text.splitlines() if "PASSED" in line or "FAILED" in line))
    if DONE not in text:
        sys.exit(text)


if __name__ == "__main__":
    main()

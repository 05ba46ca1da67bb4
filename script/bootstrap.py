"""Install what the product needs; a step is skipped while its inputs are as when it last succeeded."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
# Node reads its own variable only; what the machine tells the other programs holds for it, too.
CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")


def main() -> None:
    with (ROOT / "script" / "bootstrap.py").open() as lock:
        # Several may start at once: the first works, the others wait and find it done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        install_python_packages()
        install_front_end()
        compile_translations()


def install_python_packages() -> None:
    stamp = VENV / ".inputs"
    inputs = digest(
        ROOT / "requirements.txt",
        ROOT / "requirements-dev.txt",
        extra=f"{VENV} {sys.executable} {sys.version}",
    )
    if is_current(stamp, inputs) and works(PYTHON, "-c", "import django"):
        return
    begin("Installing Python packages into .venv")
    stamp.unlink(missing_ok=True)
    if not works(PYTHON, "-m", "pip", "--version") or not is_ours():
        create_venv()
    run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements-dev.txt")
    stamp.write_text(inputs)


def create_venv() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    if subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False).returncode != 0:
        sys.exit(
            f"{sys.executable} could not make a virtual environment. It needs Python's venv module;"
            " Debian and Ubuntu have it in the package python3-venv."
        )


def is_ours() -> bool:
    """Return whether the environment was made in this place by this Python: scripts in it name both."""
    answer = subprocess.run(
        [PYTHON, "-c", "import sys; print(sys.prefix, sys.version)"],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() == f"{VENV} {sys.version}"


def install_front_end() -> None:
    stamp = NODE_MODULES / ".inputs"
    inputs = digest(ROOT / "package.json", ROOT / "package-lock.json")
    if is_current(stamp, inputs):
        return
    begin("Installing front-end libraries into node_modules")
    npm = shutil.which("npm") if works("node", "--version") else None
    environ = dict(os.environ)
    if npm is None:
        npm = str(VENV / "bin" / "npm")
        environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{environ.get('PATH', os.defpath)}"
    certificates = next((os.environ[name] for name in CA_VARIABLES if os.environ.get(name)), None)
    if certificates:
        environ.setdefault("NODE_EXTRA_CA_CERTS", certificates)
    run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", environ=environ)
    stamp.write_text(inputs)


def compile_translations() -> None:
    sources = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
    compiled = [source.with_suffix(".mo") for source in sources]
    newest = max((source.stat().st_mtime_ns for source in sources), default=0)
    if all(file.exists() and file.stat().st_mtime_ns >= newest for file in compiled):
        return
    begin("Compiling translations")
    run(PYTHON, "manage.py", "compilemessages", "--verbosity", "0")


def digest(*files: Path, extra: str = "") -> str:
    total = hashlib.sha256(extra.encode())
    for file in files:
        total.update(file.read_bytes() + b"\0")
    return total.hexdigest()


def is_current(stamp: Path, inputs: str) -> bool:
    return stamp.exists() and stamp.read_text() == inputs


def works(*command: str | Path) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def run(*command: str | Path, environ: dict[str, str] | None = None) -> None:
    if subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode != 0:
        sys.exit(f"script/bootstrap: this failed: {' '.join(map(str, command))}")


def begin(step: str) -> None:
    print(f"script/bootstrap: {step} …", flush=True)
    if not os.access(ROOT, os.W_OK):
        sys.exit(f"script/bootstrap: {ROOT} is read-only. Copy it to a folder that you may write to.")


if __name__ == "__main__":
    main()

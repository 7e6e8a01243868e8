"""Runs the chapters that changed, several at once, before Sphinx reads them.

jupyter-cache is not made for parallel writers, so threads start the kernels and only the main
thread writes. The cache's folder is named after the state of the course: a change in `cnncourse`,
in the data of the book or in the pinned versions makes every chapter run and be read again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path, PurePosixPath

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

STATE_OF = ("cnncourse", "requirements.txt")

logger = logging.getLogger(__name__)


def state(root: Path) -> str:
    """A short name for the content of everything that a chapter's output depends on."""
    digest = hashlib.sha256()
    for name in STATE_OF:
        path = root / name
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.relative_to(root).as_posix().encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def name_cache(app: Sphinx, config: Config) -> None:
    """Point jupyter-cache to the folder of this state, and drop those of earlier ones."""
    config.course_state = state(Path(app.srcdir))
    caches = Path(app.outdir).parent / ".jupyter_cache"
    config.nb_execution_cache_path = str(caches / config.course_state)
    for old in caches.glob("*"):
        if old.name != config.course_state:
            shutil.rmtree(old, ignore_errors=True)


def execute_changed(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Execute what the cache lacks; ExtensionError carries the traceback of each failure."""
    cache = get_cache(app.config.nb_execution_cache_path)
    waiting = dict(_not_cached(env, docnames, cache))
    if not waiting:
        return
    cores = os.cpu_count() or 1
    jobs = min(cores, len(waiting))
    os.environ["OMP_NUM_THREADS"] = str(max(1, cores // jobs))
    failures = []
    with ThreadPoolExecutor(jobs) as pool:
        running = {
            pool.submit(_execute, path, notebook, env.mystnb_config.execution_timeout): path
            for path, notebook in waiting.items()
        }
        for done in as_completed(running):
            path, result = running[done], done.result()
            if result.err is not None:
                failures.append(f"{path.relative_to(app.srcdir)} failed:\n{result.exc_string}")
                continue
            logger.info("executed %s in %.1f s", path.relative_to(app.srcdir), result.time)
            bundle = CacheBundleIn(result.nb, str(path), data={"execution_seconds": result.time})
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    if failures:
        raise ExtensionError("\n\n".join(failures))


def _not_cached(
    env: BuildEnvironment, docnames: list[str], cache: JupyterCacheAbstract
) -> Iterable[tuple[Path, NotebookNode]]:
    for docname in docnames:
        path = Path(env.doc2path(docname))
        excluded = env.mystnb_config.execution_excludepatterns
        if any(PurePosixPath(path.as_posix()).match(pattern) for pattern in excluded):
            continue
        text = path.read_text(encoding="utf-8")
        reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
        if reader is None:
            continue
        notebook = reader.read(text)
        try:
            cache.match_cache_notebook(notebook)
        except KeyError:
            yield path, notebook


def _execute(path: Path, notebook: NotebookNode, timeout: int) -> ExecutionResult:
    return single_nb_execution(
        notebook,
        cwd=str(path.parent),
        timeout=timeout,
        allow_errors=False,
        # Kernels warn, on the terminal, that they talk over plain TCP.
        extra_arguments=["--log-level=ERROR"],
    )


def setup(app: Sphinx) -> None:
    # "env": when it differs from the last build's, Sphinx reads every page again.
    app.add_config_value("course_state", "", "env")
    app.connect("config-inited", name_cache)
    app.connect("env-before-read-docs", execute_changed)

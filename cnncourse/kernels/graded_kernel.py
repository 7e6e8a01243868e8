"""An IPython kernel without what a graded one does not need: debugger, history, profile."""

from __future__ import annotations

from typing import Any, ClassVar

import zmq
from ipykernel.control import ControlThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.shellchannel import ShellChannelThread
from traitlets.config import Config


class GradedKernelApp(IPKernelApp):
    """Set up from a dictionary; writes no file, starts no thread that is not needed."""

    kernel_class = IPythonKernel
    connection: ClassVar[dict[str, Any]]

    def init_crash_handler(self) -> None: ...
    def init_pdb(self) -> None: ...
    def init_poller(self) -> None: ...
    def init_heartbeat(self) -> None: ...
    def write_connection_file(self, **settings: Any) -> None: ...
    def log_connection_info(self) -> None: ...
    def init_blackhole(self) -> None: ...
    def load_config_file(self, *arguments: Any, **settings: Any) -> None: ...

    def init_connection_file(self) -> None:
        self.load_connection_info(self.connection)

    def init_control(self, context: zmq.Context) -> None:
        """The control channel; the sockets of the debugger stay unconnected."""
        self.control_socket = context.socket(zmq.ROUTER)
        self.control_socket.linger = 1000
        self.control_port = self._bind_socket(self.control_socket, self.control_port)
        self.debugpy_socket = context.socket(zmq.STREAM)
        self.debug_shell_socket = context.socket(zmq.DEALER)
        self.control_thread = ControlThread(daemon=True)
        self.shell_channel_thread = ShellChannelThread(context, daemon=True)


def settings() -> Config:
    """What is asked of ipykernel and IPython."""
    config = Config()
    config.HistoryManager.enabled = False
    config.IPKernelApp.capture_fd_output = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    # The others look up and colour the source around each frame, which takes 30 ms.
    config.InteractiveShell.xmode = "Plain"
    config.InteractiveShell.enable_tip = False
    config.InteractiveShellApp.exec_PYTHONSTARTUP = False
    return config


def run_kernel(connection: dict[str, Any], ready: Any) -> None:
    """Be a kernel until the end of this process. `ready` is called once messages are taken."""
    GradedKernelApp.connection = connection
    app = GradedKernelApp.instance(config=settings())
    app.initialize([])
    # Matplotlib would notice only after the first cell with a figure that this is a notebook.
    app.shell.enable_matplotlib("inline")
    ready()
    app.start()

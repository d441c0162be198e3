"""The AWS command line, loaded once: its start alone takes most of a second, and the test starts it 250 times.

python aws_server.py SOCKET, by a Python that has awscli. For each `aws WORD...` of a client (below) it forks; the
child takes over the client's words, environment, folder and streams, and is what `aws` would be."""

import json
import os
import signal
import socket
import sys
import traceback

# Without site and environment: a client is there within hundredths of a second.
CLIENT = """#!{python} -SE
import json, os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect({path!r})
socket.send_fds(connection, [json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode() + b"\\n"], [0, 1, 2])
sys.exit(int(connection.recv(16) or b"70"))
"""


def be(connection, driver):
    text, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    while not text.endswith(b"\n"):
        text += connection.recv(1 << 20)
    words, environment, folder = json.loads(text)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    environment["AWS_DATA_PATH"] = os.environ["AWS_DATA_PATH"]  # awscli puts it there when it is loaded
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    try:
        status = driver.main(words)
    except SystemExit as ended:
        status = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(str(int(status or 0)).encode())


def serve(path):
    from awscli.clidriver import create_clidriver

    driver = create_clidriver()
    for service in ("ecs", "logs"):
        driver.session.get_service_model(service)  # read once, for all calls
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            try:
                be(connection, driver)
            except BaseException:  # the client then ends with status 70
                traceback.print_exc()
            finally:
                os._exit(0)
        connection.close()


if __name__ == "__main__":
    serve(sys.argv[1])

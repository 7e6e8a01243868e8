"""Replies and messages that no honest kernel sends; none of them may stop the judge."""

from __future__ import annotations

from hostile.case import Hostile, answer, nothing_for, right, wrong
from hostile.forging import ALL, SHELL

# What is sent for conv2d is changed; the other exercises get the real runner.
SERVE = """
import cnncourse.grading.serve as serve
real_reply, real_send = serve.reply_to, serve.send
def is_ours(request):
    return "order" in request and request["order"].name == "conv2d"
"""
REPLY = """
def reply_to(request, names):
    reply = real_reply(request, names)
    if is_ours(request):
        {}
    return reply
serve.reply_to = reply_to
"""
BYTES = """
import json
from cnncourse.grading.wire import HEAD, packed
ours = [False]
def reply_to(request, names):
    ours[0] = is_ours(request)
    return real_reply(request, names)
def send(channel, value):
    if not ours[0]:
        return real_send(channel, value)
    {}
serve.reply_to, serve.send = reply_to, send
"""


def lie(name: str, story: str, line: str, status: str = "partly graded") -> Hostile:
    """A reply about conv2d in which something is changed."""
    build = wrong("return x", SERVE + REPLY.format(line))
    return Hostile(name, story, build, status, nothing_for())


def field(name: str, story: str, field: str, value: str, status: str = "partly graded") -> Hostile:
    """An attempt with another value in one of its fields."""
    return lie(name, story, f"reply['attempt'][{field!r}] = {value}", status)


def sent(name: str, story: str, line: str, status: str = "partly graded") -> Hostile:
    """Other bytes instead of a reply."""
    return Hostile(name, story, wrong("return x", SERVE + BYTES.format(line)), status,
                   nothing_for())  # fmt: skip


LYING = (
    field("caught-is-short", "a pair of one", "caught", "['x']"),
    field("caught-is-a-tensor", "neither true nor false", "caught", "torch.zeros(2)"),
    field("error-is-a-tensor", "neither true nor false", "error", "torch.zeros(2)"),
    field("error-is-an-array", "indexed by a word", "error", "np.ones(1)"),
    field("error-is-a-number", "indexed by a word", "error", "np.float64(3)"),
    field("error-is-text", "a word", "error", "'<script>alert(1)</script>'"),
    field("count-is-infinite", "operations without end", "operations", "float('inf')"),
    field("count-is-a-tensor", "many counts", "operations", "torch.zeros(3)"),
    field("parts-are-a-tensor", "no dictionary", "parts", "torch.zeros(3, 3)"),
    field("parts-are-markup", "names that act", "parts", "{'<script>': 1}", "graded"),
    field("stub-is-a-tensor", "neither true nor false", "stub", "torch.zeros(2)", "graded"),
    lie("id-is-a-tensor", "is it equal?", "reply['id'] = torch.zeros(2)"),
    lie("id-is-an-array", "is it equal?", "reply['id'] = np.zeros(2)"),
    lie("no-attempt", "nothing in it", "del reply['attempt']"),
    lie("reply-is-for-later", "an id that is still to come", "reply['id'] += 1"),
    sent("sizes-lie", "more bytes than there are", "channel.sendall(HEAD.pack(2**32 - 1, 2**60))"),
    sent("deep-reply", "nested",
         "t = b'[' * 100_000; channel.sendall(HEAD.pack(len(t), 0) + t)"),
    sent("digits-reply", "a number",
         "t = b'9' * 100_000; channel.sendall(HEAD.pack(len(t), 0) + t)"),
    sent("not-utf-8", "no text", "channel.sendall(HEAD.pack(4, 0) + bytes([255] * 4))"),
    sent("odd-dtype", "numbers of no kind",
         "t = json.dumps([{'array': 0, 'dtype': '|O8', 'shape': [1]}, [8]]).encode();"
         " channel.sendall(HEAD.pack(len(t), 8) + t + bytes(8))"),
    sent("huge-empty", "a shape of no bytes",
         "t = json.dumps([{'dict': [['id', {'tensor': 0, 'dtype': 'float32',"
         " 'shape': [2**40] * 15 + [0]}]]}, [0]]).encode();"
         " channel.sendall(HEAD.pack(len(t), 0) + t)"),
    sent("id-is-true", "true is one",
         "[real_send(channel, {**value, 'id': True}) for _ in range(20)]"),
    sent("reply-is-a-list", "no dictionary",
         "[real_send(channel, [1, 2, 3]) for _ in range(20)]"),
    sent("stale-replies", "the same ones again and again",
         "[real_send(channel, {'id': 1, 'attempt': {}}) for _ in range(20)]"),
    Hostile("says-it-twice", "every reply comes again",
            right(cell=SERVE + "\ndef send(channel, value):\n    real_send(channel, value)\n"
                  "    if 'attempt' in value: real_send(channel, value)\nserve.send = send\n")),
    Hostile("odd-messages", "what is no Jupyter message",
            right(cell=SHELL + "t = ip.kernel.iopub_thread\n"
                  "for parts in ([b'x'], [b'<IDS|MSG>'] * 9, [b'a', b'<IDS|MSG>', b'', b'{']):\n"
                  "    t.schedule(lambda parts=parts: t.socket.send_multipart(parts))\n")),
    Hostile("old-protocol", "messages that have to be converted",
            right(cell=SHELL + "k = ip.kernel\nfor kind in ('inspect_reply', '__call__', 'pyout',"
                  " 'complete_reply', 'stream'):\n    h = k.session.msg_header(kind)\n"
                  "    h['version'] = '4.0'\n    k.session.send(k.iopub_socket, kind,"
                  " {'matches': [], 'found': [1]}, header=h, parent=k.get_parent())\n")),
    Hostile("strange-streams", "text that is none",
            right(cell=SHELL + "k = ip.kernel\nfor text in (None, [1], {}, '\\ud800', 9**50):\n"
                  "    k.session.send(k.iopub_socket, 'stream', {'name': text, 'text': text},"
                  " parent=k.get_parent())\n"
                  "    k.session.send(k.iopub_socket, 'error', {'ename': text, 'evalue': text,"
                  " 'traceback': [text, text]}, parent=k.get_parent())\n"
                  "    k.session.send(k.iopub_socket, 'display_data', {'data': {'text/plain': text,"
                  " 'image/png': text}}, parent=k.get_parent())\n")),
    Hostile("many-pictures", "files that begin as pictures do",
            right(cell="\nfrom IPython.display import display\nimport base64\n"
                  "p = base64.b64encode(b'\\x89PNG\\r\\n\\x1a\\n' + bytes(1_500_000)).decode()\n"
                  "for _ in range(40): display({'image/png': p}, raw=True)\n")),
    Hostile("lies-in-all", "no attempt is one",
            answer(SERVE + "serve.as_data = lambda made: ['right'] * 9", "output_size"),
            "partly graded", nothing_for(*ALL)),
)  # fmt: skip

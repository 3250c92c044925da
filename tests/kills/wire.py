"""The network between client and server: forwards bytes until a chosen one, then does what networks do.

The moment is a byte of one direction, counted over all connections, never a time. What passes is TLS, so a cut falls anywhere:
in a handshake, a header, a body.
"""
import socket
import struct
import threading

UP, DOWN = 'up', 'down'  # to the server, to the client

ACTS = ('resets',  # every connection ends by RST; new ones work
        'closes',  # every connection ends in order, in the middle of what it said
        'stalls',  # the connections stay, and carry nothing any more; new ones work
        'goes dark')  # every connection ends by RST, and the next dozen attempts too


class Wire:
    def __init__(self, port, cut=None, act=None, around=None):
        """`cut`: (direction, byte); `act`: one of ACTS; `around`: called just before it and just after."""
        self.port, self.cut, self.act, self.around = port, cut, act, around or (lambda: None)
        self.total = {UP: 0, DOWN: 0}
        self.happened = False
        self.refuse = 0
        self.lock, self.over = threading.Lock(), threading.Event()
        self.pairs = []
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=128)
        self.url = f'https://127.0.0.1:{self.listener.getsockname()[1]}'
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            for pair in self.pairs:
                pair.end(reset=True)

    def _accept(self):
        while not self.over.is_set():
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                refused = self.refuse > 0
                self.refuse -= refused
            if refused:
                _reset(near)
                continue
            try:
                far = socket.create_connection(('127.0.0.1', self.port))
            except OSError:
                _reset(near)
                continue
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = _Pair(near, far)
            with self.lock:
                self.pairs.append(pair)
            for source, sink, direction in ((near, far, UP), (far, near, DOWN)):
                threading.Thread(target=self._carry, args=(pair, source, sink, direction), daemon=True).start()

    def _carry(self, pair, source, sink, direction):
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b''
            if not data:
                pair.finish(sink)
                return
            with self.lock:
                before, self.total[direction] = self.total[direction], self.total[direction] + len(data)
                now = self.cut and not self.happened and self.cut[0] == direction and self.total[direction] >= self.cut[1]
                if now:
                    self.happened = True
                    self.around()
                    data = data[:max(0, self.cut[1] - before)]
            if pair.frozen:
                self.over.wait()
                return
            try:
                sink.sendall(data)
            except OSError:
                pair.end(reset=False)
                return
            if now:
                self._act()

    def _act(self):
        with self.lock:
            if self.act == 'goes dark':
                self.refuse = 12
            for pair in self.pairs:
                if self.act == 'stalls':
                    pair.frozen = True
                else:
                    pair.end(reset=self.act != 'closes')
            if self.act != 'stalls':
                self.pairs.clear()
            self.around()

    def clears(self):
        """New connections work from now on."""
        with self.lock:
            self.refuse = 0


class _Pair:
    def __init__(self, near, far):
        self.near, self.far, self.frozen = near, far, False

    def end(self, reset):
        for end in (self.near, self.far):
            if reset:
                _reset(end)
            else:
                self.finish(end)

    @staticmethod
    def finish(end):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def _reset(end):
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        end.shutdown(socket.SHUT_RD)
    except OSError:
        pass
    end.close()

/*
 * linger.h - closing a socket so that the peer still gets our last words
 *
 * A server that has answered before it read a whole request, and closes, takes its answer away
 * again: TCP resets a connection that is closed with bytes unread, and the reset overtakes the
 * answer; on a unix socket the client's next write fails, and many a client tells of that instead
 * of reading. So the server says that it is done, and takes in and drops what still comes, until
 * the client has read that and closes. It waits for nobody who sends without end, or nothing.
 *
 * Standard: RFC 9112, 9.6. Book: 3.2
 */
#ifndef MINI_LINGER_H
#define MINI_LINGER_H

/* More than the buffers of two TCP sockets hold (tcp_wmem and tcp_rmem: 4 and 6 MB): who has sent
 * more still sends, and sees that we have closed before it asks for something else. */
#define LINGER_BYTES (16 * 1024 * 1024)

/* Shuts our side and drops what comes, for so long at most; 0: what is there already. */
void linger(int fd, int milliseconds);

#endif

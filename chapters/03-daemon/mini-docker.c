/*
 * mini-docker - the client with what chapters 0 to 3 give it (client/client.h)
 */
#include "client.h"

int main(int argc, char **argv)
{
	return client_main(argc, argv, client_commands);
}

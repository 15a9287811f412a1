/*
 * mini-docker - the command line, composed of all chapters
 */
#include "client.h"

int main(int argc, char **argv)
{
	return client_main(argc, argv, client_commands);
}

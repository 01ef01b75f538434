/* The system's resolver, for a process that is started with this preloaded: it answers as often as ANSWERS says, and then
   it comes back to nobody. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

typedef int resolver(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found) {
    static atomic_int asked;
    const char *answers = getenv("ANSWERS");
    if (answers && atomic_fetch_add(&asked, 1) < atoi(answers)) {
        return ((resolver *)dlsym(RTLD_NEXT, "getaddrinfo"))(host, port, hints, found);
    }
    for (;;) pause();
}

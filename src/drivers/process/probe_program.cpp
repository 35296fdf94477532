// What the tests run as a container: a static program that does what its arguments say, one after the other.
//   exit N | sleep-forever | ignore-term | on-term N (exit with N on SIGTERM) | print TEXT | print-many LINES | error TEXT
//   allocate MIB | burn MS | serve (listen on HOST:PORT, answer "ok") | show-env KEY | write PATH | has PATH | spawn (a child
//   that stays) | crash | wait-for PATH | show-files (the limit of open files) | last MS (until so much time has passed)
//   count PATH (prints how often that was done with this file) | get HOST PORT (prints the answer's body, once there is one)
#include <arpa/inet.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {
volatile sig_atomic_t term_code = -1;
void on_term(int) { _exit(term_code); }

int serve() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const char* host = getenv("HOST");
  const char* port = getenv("PORT");
  address.sin_port = htons(static_cast<unsigned short>(atoi(port != nullptr ? port : "8080")));
  inet_pton(AF_INET, host != nullptr ? host : "127.0.0.1", &address.sin_addr);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 64) != 0) {
    perror("serve");
    return 1;
  }
  puts("serving");
  fflush(stdout);
  for (;;) {
    const int peer = accept(listener, nullptr, nullptr);
    if (peer < 0) continue;
    char buffer[4096];
    if (read(peer, buffer, sizeof buffer) > 0) {
      static const char kAnswer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
      if (write(peer, kAnswer, sizeof kAnswer - 1) < 0) perror("write");
    }
    close(peer);
  }
}

/// An address, or a name of /etc/hosts.
std::string look_up(const std::string& host) {
  FILE* file = fopen("/etc/hosts", "r");
  char line[512];
  std::string found = host;
  while (file != nullptr && fgets(line, sizeof line, file) != nullptr) {
    const char* address = strtok(line, " \t\n");
    for (const char* name = strtok(nullptr, " \t\n"); address != nullptr && name != nullptr; name = strtok(nullptr, " \t\n"))
      if (host == name) found = address;
  }
  if (file != nullptr) fclose(file);
  return found;
}

void get(const char* host, const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<unsigned short>(atoi(port)));
  inet_pton(AF_INET, look_up(host).c_str(), &address.sin_addr);
  for (;; usleep(10'000)) {  // its server may start later
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    char answer[4096] = {};
    const bool good = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && write(fd, "GET / HTTP/1.0\r\n\r\n", 18) == 18;
    for (ssize_t size = 0, n = 1; good && n > 0; size += n) n = read(fd, answer + size, sizeof answer - 1 - static_cast<std::size_t>(size));
    close(fd);
    const char* body = strstr(answer, "\r\n\r\n");
    if (body == nullptr) continue;
    puts(body + 4);
    return;
  }
}
}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string verb = argv[i];
    const auto next = [&]() -> const char* { return ++i < argc ? argv[i] : ""; };
    if (verb == "exit") return atoi(next());
    if (verb == "sleep-forever") for (;;) pause();
    if (verb == "serve") return serve();
    if (verb == "crash") abort();
    if (verb == "ignore-term") signal(SIGTERM, SIG_IGN);
    if (verb == "on-term") {
      term_code = atoi(next());
      signal(SIGTERM, on_term);
    }
    if (verb == "print") puts(next());
    if (verb == "error") fprintf(stderr, "%s\n", next());
    if (verb == "print-many") {
      const long lines = atol(next());
      for (long line = 0; line < lines; ++line) printf("line %ld of many, long enough to fill a file in a while\n", line);
    }
    if (verb == "allocate") {
      const std::size_t size = static_cast<std::size_t>(atol(next())) << 20;
      char* memory = static_cast<char*>(malloc(size));
      for (std::size_t at = 0; at < size; at += 4096) memory[at] = 1;
      printf("allocated %zu\n", size);
    }
    if (verb == "burn") {
      const long ms = atol(next());
      timespec used{};
      do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
      while (used.tv_sec * 1000 + used.tv_nsec / 1'000'000 < ms);
    }
    if (verb == "show-env") {
      const char* key = next();
      const char* value = getenv(key);
      printf("%s=%s\n", key, value != nullptr ? value : "<unset>");
    }
    if (verb == "write") {
      const char* path = next();
      FILE* file = fopen(path, "w");
      if (file == nullptr) perror(path);
      else fclose(file);
    }
    if (verb == "has" && access(next(), F_OK) != 0) return 44;
    if (verb == "wait-for") {
      const char* path = next();
      while (access(path, F_OK) != 0) usleep(2000);
    }
    if (verb == "last") usleep(static_cast<unsigned>(atoi(next())) * 1000);
    if (verb == "count") {
      FILE* file = fopen(next(), "a");
      if (file == nullptr) return 46;
      fputc('.', file);
      printf("%ld\n", ftell(file));
      fclose(file);
    }
    if (verb == "get") {
      const char* host = next();
      get(host, next());
    }
    if (verb == "show-files") {
      rlimit limit{};
      getrlimit(RLIMIT_NOFILE, &limit);
      printf("files %lu %lu\n", static_cast<unsigned long>(limit.rlim_cur), static_cast<unsigned long>(limit.rlim_max));
    }
    if (verb == "ids") printf("uid %d gid %d pid %d\n", getuid(), getgid(), getpid());
    if (verb == "spawn" && fork() == 0) for (;;) pause();
    fflush(stdout);
  }
  return 0;
}

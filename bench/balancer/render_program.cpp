// bench_balancer_render DIRECTORY LISTEN_PORT BACKEND_PORT...: prints the configuration that the engine would give HAProxy
// for one listener and one group with default settings and these members on 127.0.0.1. Without arguments: the option and the
// environment variable that the engine starts HAProxy with, a line each. run.py calls it.
#include <cstdio>
#include <cstdlib>

#include "balancer/haproxy/process.h"
#include "balancer/haproxy/render.h"

int main(int count, char** arguments) {
  if (count == 1) return std::printf("%s\n%s\n", balancer::kPoolOption, balancer::kCopyTunable), 0;
  if (count < 4) return std::fputs("usage: bench_balancer_render DIRECTORY LISTEN_PORT BACKEND_PORT...\n", stderr), 2;
  const std::string directory = arguments[1];
  balancer::RenderInput input;
  balancer::GroupSpec group;
  group.id = group.name = "bench";
  group.health.path = "/health";
  balancer::ListenerSpec listener;
  listener.id = listener.load_balancer_id = "bench";
  listener.address = "127.0.0.1";
  listener.port = std::atoi(arguments[2]);
  listener.default_action = balancer::Forward{{{"bench", 1}}, {}};
  for (int i = 3; i < count; ++i)
    input.members["bench"].push_back({"s" + std::to_string(i), "127.0.0.1", std::atoi(arguments[i]), true});
  input.structure.groups["bench"] = group;
  input.structure.listeners["bench"] = listener;
  input.structure.ports["bench"] = listener.port;
  input.stats_socket = directory + "/stats.sock";
  input.log_sockets = directory + "/log-";
  std::fputs(render_config(input).c_str(), stdout);
}

// What HAProxy tells, damaged: log lines come as datagrams, tables may be cut where its process ends.
#include <doctest/doctest.h>

#include <algorithm>

#include "balancer/haproxy/runtime_socket.h"
#include "balancer/haproxy/traffic.h"
#include "base/testing/damage.h"

namespace balancer {

TEST_CASE("damaged log lines are read or are not ours") {
  int read = 0, refused = 0;
  ::testing::feed_damaged("ls_x~ tg_y i-1:80 200 -- 1234 50\n", 1, 3000, [&](const std::string& text) {
    LogLine line;
    if (!parse_log_line(text, line)) {
      ++refused;
      return;
    }
    ++read;
    CHECK(line.backend.size() < text.size());
    CHECK(line.seconds >= -1);
  });
  CHECK(read > 100);
  CHECK(refused > 100);
}

TEST_CASE("damaged tables of the runtime API have at most the rows of their lines") {
  const auto lines_of = [](const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  };
  ::testing::feed_damaged(
      "# "
      "pxname,svname,scur,stot,bin,bout,econ,status,check_status,check_code,last_chk,hrsp_2xx,hrsp_5xx,req_tot,conn_"
      "tot,addr,\n"
      "tg,a,3,4,5,6,7,UP,* L7OK,200,\"x,y\",7,0,9,9,127.0.0.1:80,\ntg,BACKEND,1,,,,,UP,,,\"\",1,0,,,,\n",
      2, 3000, [&](const std::string& text) { CHECK(parse_stat(text).size() <= lines_of(text)); });
  ::testing::feed_damaged(
      "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state\n"
      "3 tg_y 1 i-1:80 127.0.1.2 2 0 1 1 5 6 3 4 6 0 0 0 - 32768 - 0 0 - - 0\n",
      3, 3000, [&](const std::string& text) { CHECK(parse_servers_state(text).size() <= lines_of(text)); });
  ::testing::feed_damaged(
      "#<PID> <type>\n10 master 1 [failed: 0] x\n# workers\n12 worker 0 x\n# old workers\n11 worker 1 x\n# programs\n",
      4, 3000, [&](const std::string& text) {
        const Processes found = parse_processes(text);
        CHECK(found.current.size() + found.old.size() <= lines_of(text));
      });
}

TEST_CASE("a server's row is read from the table that HAProxy writes") {
  const auto servers = parse_servers_state(
      "1\n# be_id be_name …\n3 tg_y 1 i-1:80 127.0.1.2 2 1 1 1 5 6 3 4 6 0 0 0 - 32768 - 0 0 - - 0\n3 tg_y 2 short\n");
  REQUIRE(servers.size() == 1);
  CHECK(servers[0].server == "i-1:80");
  CHECK(servers[0].port == 32768);
  CHECK(servers[0].up);
  CHECK(servers[0].maintenance);
}

}  // namespace balancer

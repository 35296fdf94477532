#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "cmd/image_source.h"
#include "drivers/process/process_driver.h"
#include "registry/pack.h"

namespace fs = std::filesystem;

namespace {
class FirstExit final : public drivers::Sink {
 public:
  void on_event(drivers::Event event) override {
    if (const auto* pulled = std::get_if<drivers::ContainerPulled>(&event)) digest = pulled->image_digest;
    if (const auto* exited = std::get_if<drivers::ContainerExited>(&event)) exit.set_value(*exited);
  }
  std::promise<drivers::ContainerExited> exit;
  std::string digest;
};
}  // namespace

TEST_CASE("a static binary is packed, pushed, unpacked and run, with the image's own entry point and environment") {
  char name[] = "/tmp/scaleout-push-XXXXXX";
  const fs::path state = fs::canonical(mkdtemp(name));
  const registry::ImageStore store = registry::ImageStore::open(state / "images").value();
  registry::PackRequest request{DRIVERS_PROBE};
  request.name = "app";
  request.arguments = {"show-env", "PORT", "show-env", "VERSION", "exit", "5"};
  request.environment = {{"HOST", "0.0.0.0"}, {"PORT", "8080"}, {"VERSION", "v1"}};
  const auto packed = registry::pack_binary(request);
  REQUIRE(packed);
  for (const std::string* blob : {&packed->layer, &packed->config, &packed->manifest}) REQUIRE(store.put_blob(*blob));
  const SteadyWallClock clock;
  {
    FirstExit sink;
    drivers::process::ProcessOptions options;
    options.state_directory = state;
    options.find_image = cmd::image_source(store);
    options.shim_command = {SCALEOUT_SHIM};
    drivers::process::ProcessDriver driver(std::move(options), clock, sink);
    driver.adopt();
    drivers::TaskSpec task;
    task.task_id = "0123456789abcdef0123456789abcdef";
    task.node_id = "i-0123456789abcdef0";
    task.node_address = "127.0.1.7";
    drivers::ContainerSpec& container = task.containers.emplace_back();
    container.name = "web";
    container.image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/http-api:v1";
    container.manifest_digest = packed->digest;
    container.ports = {{8080, "127.0.1.7", 32768, "tcp"}};
    driver.start(task);
    auto exit = sink.exit.get_future();
    REQUIRE(exit.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    const drivers::ContainerExited exited = exit.get();
    CHECK_MESSAGE(exited.exit_code == 5, exited.reason);
    CHECK(sink.digest == packed->digest);
    const auto logs = driver.log_files(task.task_id);
    REQUIRE(logs.size() == 1);
    std::ifstream log(logs[0].path);
    const std::string text((std::istreambuf_iterator<char>(log)), {});
    CHECK(text.find("stdout F PORT=32768\n") != std::string::npos);
    CHECK(text.find("stdout F VERSION=v1\n") != std::string::npos);
  }
  drivers::process::sweep(state, Duration(0));
  fs::remove_all(state);
}

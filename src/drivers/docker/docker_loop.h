// The docker driver's thread. Internal to docker_driver.cpp; nothing here is touched by another thread but post().
//
// A container goes waiting -> working -> created -> running -> exited. advance() is level-triggered: it looks at where each
// container is; observe() moves it to where the daemon says it is, whatever event, answer or look made us ask. So a task
// that was started, adopted, or found again after the daemon was away runs the same code.
//
// Nothing is done twice: a container's name is the task's for ever and creating it again is refused; it is only started when
// the daemon says that it never was; and commands have no time-outs after which they would be repeated.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "drivers/cgroup.h"
#include "drivers/dependencies.h"
#include "drivers/docker/docker_driver.h"
#include "drivers/docker/engine_api.h"
#include "drivers/docker/image_upload.h"
#include "drivers/docker/log_stream.h"
#include "drivers/docker/task_record.h"
#include "drivers/log_directory.h"

namespace drivers::docker {

class DockerDriver::Loop {
 public:
  Loop(DockerOptions options, const Clock& clock, Sink& sink);
  ~Loop();
  void post(net::Task work) { loop_.post(std::move(work)); }

  // All below: on the loop's thread.
  /// Answers when the daemon was asked about everything, or does not answer in time.
  void adopt(std::function<void(std::vector<Adopted>)> done);
  void set_node(const NodeSpec& node) { cgroups_.set_node(node); }
  void remove_node(const std::string& node_id) { cgroups_.remove_node(node_id); }
  void start(const TaskSpec& spec);
  void stop(const std::string& task_id);
  void forget(const std::string& task_id);

  const LogDirectory& logs() const { return logs_; }

 private:
  enum class Phase { waiting, created, running, exited };
  struct Container {
    Phase phase = Phase::waiting;
    bool busy = false;        ///< a command about it is under way
    bool unconfirmed = false;  ///< its name is taken; by whom is being asked
    bool pulled_told = false;
    bool stop_sent = false;
    bool no_restart = false;   ///< the daemon refused to
    bool asking_usage = false;
    std::uint64_t cpu_ns = 0;
    std::unique_ptr<LogStream> log;
    bool log_open = false, log_done = false;
    bool looked_again = false;          ///< an exit by SIGKILL whose cause may follow
    std::optional<ContainerRecord> end;  ///< it has ended and is told so when its output is read
    net::Timer end_due;
  };
  struct Task {
    TaskRecord record;
    std::vector<Container> containers;
    bool stopping = false;
    bool from_labels = false;  ///< its record was lost
    bool network_lost = false;  ///< the holder of its network ended before it
  };
  struct Ref {
    std::string task_id;
    std::size_t index = 0;
  };
  struct Found {
    Task* task = nullptr;
    ContainerSpec* spec = nullptr;
    ContainerRecord* record = nullptr;
    Container* container = nullptr;
    explicit operator bool() const { return task != nullptr; }
  };
  Found find(const Ref& ref);
  std::optional<Ref> ref_of(const boost::json::object& labels) const;

  // docker_loop.cpp: tasks
  Task& add_task(TaskRecord record);
  void save(const Task& task);
  void advance(const std::string& task_id);
  void advance_stop(const std::string& task_id);
  static std::vector<ContainerProgress> progress(const Task& task);
  void prepare(const Ref& ref);
  void create(const Ref& ref, const std::string& image);
  void created(const Ref& ref, const Result<Answer>& answer);
  void run(const Ref& ref);
  void send_stop(const Ref& ref);
  /// Whether the end is none: the daemon is asked to start it again.
  bool restart(const Ref& ref, const ContainerRecord& end);
  void look_after_failed_restart(const Ref& ref, const std::string& why);
  /// The holder of the task's network goes when nobody needs it, and nobody stays without it.
  void tend_holder(Task& task);
  /// It never ran; remembered, told once.
  void never_ran(const Ref& ref, std::string reason);
  void remove_if_over(const std::string& task_id);
  void removed(const std::string& task_id);
  void prune_logs();

  // docker_observe.cpp: what the daemon says
  void tell(Event event);
  /// Asks where it is. `releases`: until the answer it is busy, and no more then.
  void look(const Ref& ref, bool releases);
  void observe(const Ref& ref, const boost::json::object& inspected);
  void restarted(const Ref& ref, std::int64_t at);
  void observe_exit(const Ref& ref, const boost::json::object& state);
  void vanished(const Ref& ref);
  void finish_exit(const Ref& ref);
  void open_log(const Ref& ref);
  void sample_usage();
  void tell_usage(const Ref& ref, const boost::json::object& stats);
  Event restarted_event(const Task& task, std::size_t index) const;
  Event started_event(const Task& task, std::size_t index) const;
  Event exited_event(const Task& task, std::size_t index) const;

  // docker_daemon.cpp: the connection
  void connect();
  void listen();
  void look_at_all();
  void listed(const boost::json::array& containers);
  void lost(const Error& error);
  void take_stranger(const std::string& id, const boost::json::object& labels);
  void answer_adopt_if_over();
  void answer_adopt();
  void tick();
  void take_events(std::string_view bytes);

  // docker_images.cpp
  struct ReadyImage {
    std::string reference, digest;
  };
  using ImageDone = std::function<void(Result<ReadyImage>)>;
  void ensure_image(const ContainerSpec& container, ImageDone done);
  void image_ready(const std::string& name, const Result<ReadyImage>& image);
  void load_image(const std::string& name, ImageFiles files);
  void pull_image(const std::string& name, const std::string& image);

  const DockerOptions options_;
  const net::Endpoint daemon_;
  const Clock& clock_;
  Sink& sink_;
  const std::string key_;
  const TaskRecords records_;
  const LogDirectory logs_;
  CgroupTree cgroups_;

  net::EventLoop loop_;
  EngineApi api_;
  net::HttpClient::CallId events_call_ = 0;
  bool connected_ = false, silent_ = false, cgroup_parents_ = false, limits_told_ = false;
  Duration patience_{100};
  std::string events_;  ///< a line that has not ended
  net::Timer connect_due_, look_due_, tick_due_, adopt_due_;
  std::function<void(std::vector<Adopted>)> adopt_done_;
  int adopting_ = 0;  ///< containers whose state is being asked for

  std::map<std::string, Task> tasks_;
  std::set<std::string> waiting_tasks_;  ///< have a container that waits for a dependency
  std::vector<TaskSpec> cgroups_to_remove_;
  std::map<std::string, std::vector<ImageDone>> images_;  ///< being fetched, by name
  std::map<std::uint64_t, std::unique_ptr<ImageUpload>> uploads_;
  std::uint64_t last_upload_ = 0;
  int forgotten_since_prune_ = 0;
  std::thread thread_;
};

}  // namespace drivers::docker

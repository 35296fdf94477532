#include "drivers/docker/network_holder.h"

#include <algorithm>

namespace drivers::docker {

std::size_t holder_of(const TaskSpec& task) {
  return static_cast<std::size_t>(std::find_if(task.containers.begin(), task.containers.end(), is_holder) -
                                  task.containers.begin());
}

TaskSpec with_holder(TaskSpec task) {
  if (task.network_mode != "awsvpc" || task.containers.size() < 2 || holder_of(task) < task.containers.size())
    return task;
  ContainerSpec holder;
  holder.name = kHolderName;
  holder.image = kHolderImage;
  holder.essential = true;
  holder.stop_timeout = Duration(2'000);
  for (ContainerSpec& container : task.containers) {
    holder.ports.insert(holder.ports.end(), container.ports.begin(), container.ports.end());
    container.depends_on.insert(container.depends_on.begin(), {kHolderName, "START"});
  }
  task.containers.push_back(std::move(holder));  // last: the others keep their places
  return task;
}

TaskSpec without_holder(TaskSpec task) {
  std::erase_if(task.containers, is_holder);
  for (ContainerSpec& container : task.containers)
    std::erase_if(container.depends_on,
                  [](const Dependency& dependency) { return dependency.container == kHolderName; });
  return task;
}

}  // namespace drivers::docker

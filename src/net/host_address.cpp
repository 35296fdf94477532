#include "net/host_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>

namespace net {

namespace {

constexpr const char* kLoopback = "lo";

/// In network order; only whole dotted forms.
std::optional<in_addr> parse_v4(std::string_view text) {
  in_addr address{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return address;
}

/// The first of this machine's IPv4 addresses that `matches` likes: the label it has ("eth0", "lo:name").
std::optional<std::string> find_address(
    const std::function<bool(const ifaddrs&, in_addr address, in_addr mask)>& matches) {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return std::nullopt;
  std::optional<std::string> label;
  for (const ifaddrs* one = all; one && !label; one = one->ifa_next) {
    if (!one->ifa_addr || !one->ifa_netmask || one->ifa_addr->sa_family != AF_INET) continue;
    const in_addr address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr;
    const in_addr mask = reinterpret_cast<const sockaddr_in*>(one->ifa_netmask)->sin_addr;
    if (matches(*one, address, mask)) label = one->ifa_name;
  }
  freeifaddrs(all);
  return label;
}

std::optional<std::string> label_of(in_addr wanted) {
  return find_address([&](const ifaddrs&, in_addr address, in_addr) { return address.s_addr == wanted.s_addr; });
}

/// A request to rtnetlink about one address of the loopback interface, and the kernel's answer: an errno, 0 if it did
/// it.
class AddressRequest {
 public:
  AddressRequest(std::uint16_t type, std::uint16_t flags, in_addr address) {
    header_.nlmsg_len = NLMSG_LENGTH(sizeof(ifaddrmsg));
    header_.nlmsg_type = type;
    header_.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    auto* message = static_cast<ifaddrmsg*>(NLMSG_DATA(&header_));
    message->ifa_family = AF_INET;
    message->ifa_prefixlen = 32;
    message->ifa_flags = IFA_F_PERMANENT;
    message->ifa_scope = RT_SCOPE_HOST;  // nothing else of this machine speaks from it
    message->ifa_index = if_nametoindex(kLoopback);
    add(IFA_LOCAL, &address, sizeof address);
    add(IFA_ADDRESS, &address, sizeof address);
  }
  void add_label(const std::string& label) { add(IFA_LABEL, label.c_str(), label.size() + 1); }

  int send() {
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return errno;
    const int error = exchange(fd);
    ::close(fd);
    return error;
  }

 private:
  void add(std::uint16_t type, const void* data, std::size_t size) {
    auto* attribute = reinterpret_cast<rtattr*>(bytes_.data() + NLMSG_ALIGN(header_.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = static_cast<std::uint16_t>(RTA_LENGTH(size));
    std::memcpy(RTA_DATA(attribute), data, size);
    header_.nlmsg_len = static_cast<std::uint32_t>(NLMSG_ALIGN(header_.nlmsg_len) + RTA_ALIGN(attribute->rta_len));
  }
  int exchange(int fd) {
    if (::send(fd, bytes_.data(), header_.nlmsg_len, 0) < 0) return errno;
    alignas(nlmsghdr) std::array<char, 1024> answer{};
    const ssize_t size = ::recv(fd, answer.data(), answer.size(), 0);
    if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) return size < 0 ? errno : EPROTO;
    const auto* reply = reinterpret_cast<const nlmsghdr*>(answer.data());
    if (reply->nlmsg_type != NLMSG_ERROR) return EPROTO;
    return -static_cast<const nlmsgerr*>(NLMSG_DATA(reply))->error;
  }

  alignas(nlmsghdr) std::array<char, 256> bytes_{};  // a label has at most 15 letters
  nlmsghdr& header_ = *reinterpret_cast<nlmsghdr*>(bytes_.data());
};

bool may_administer() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  return (data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN)) != 0;
}

/// Whether a TCP socket of this machine listens at it ("0A" is LISTEN; addresses stand there in network order, as a
/// number).
bool listens(in_addr address) {
  std::ifstream table("/proc/net/tcp");
  const std::string begin = fmt::format("{:08X}:", address.s_addr);
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string number, local, remote, state;
    if (words >> number >> local >> remote >> state && local.starts_with(begin) && state == "0A") return true;
  }
  return false;
}

}  // namespace

Result<void> add_loopback_address(const LoopbackAddress& wanted) {
  const auto address = parse_v4(wanted.address);
  if (!address || wanted.label.size() >= IFNAMSIZ) {
    return fail("InvalidAddress",
                fmt::format("{} under the label {} is no IPv4 address", wanted.address, wanted.label));
  }
  if (label_of(*address)) return {};
  AddressRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, *address);
  request.add_label(wanted.label);
  const int error = request.send();
  if (error == 0 || error == EEXIST) return {};
  return fail("AddressRefused",
              fmt::format("cannot give this machine the address {}: {}", wanted.address, std::strerror(error)));
}

bool remove_unused_loopback_address(const LoopbackAddress& ours) {
  const auto address = parse_v4(ours.address);
  if (!address || label_of(*address) != ours.label || listens(*address)) return false;
  return AddressRequest(RTM_DELADDR, 0, *address).send() == 0;
}

Result<void> can_have_loopback_address(const std::string& wanted) {
  const auto address = parse_v4(wanted);
  if ((address && label_of(*address)) || may_administer()) return {};
  return fail("AddressRefused", fmt::format("{} is no address of this machine, and only root may add it", wanted));
}

bool is_own_peer(std::string_view peer) {
  const auto wanted = parse_v4(peer.substr(0, peer.rfind(':')));
  if (!wanted) return false;
  return find_address([&](const ifaddrs& one, in_addr address, in_addr mask) {
           if (address.s_addr == wanted->s_addr) return true;
           if ((address.s_addr & mask.s_addr) != (wanted->s_addr & mask.s_addr)) return false;
           if ((one.ifa_flags & IFF_LOOPBACK) != 0) return true;
           const std::string label = one.ifa_name;
           std::error_code ignored;
           return std::filesystem::exists("/sys/class/net/" + label.substr(0, label.find(':')) + "/bridge", ignored);
         })
      .has_value();
}

}  // namespace net

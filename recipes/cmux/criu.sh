update_lists
apt-cache show criu >/dev/null
install_packages criu

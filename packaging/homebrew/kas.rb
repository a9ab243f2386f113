# Written for kas @version@ by its release; changes belong into the template.
class Kas < Formula
  desc "Runs a team of AI coding agents on a git repository"
  homepage "@homepage@"
  version "@version@"
  license "MIT"

  depends_on "git"
  depends_on "tmux"

  on_macos do
    on_arm do
      url "@url-macos-arm64@"
      sha256 "@sha-macos-arm64@"
    end
    on_intel do
      url "@url-macos-x64@"
      sha256 "@sha-macos-x64@"
    end
  end

  on_linux do
    on_arm do
      url "@url-linux-arm64@"
      sha256 "@sha-linux-arm64@"
    end
    on_intel do
      url "@url-linux-x64@"
      sha256 "@sha-linux-x64@"
    end
  end

  def install
    bin.install "kas"
    man1.install "@man@"
    bash_completion.install "@bash@"
    zsh_completion.install "@zsh@"
    fish_completion.install "@fish@"
  end

  def caveats
    <<~EOS
      To do real work kas needs an agent CLI that is logged in: claude, codex, opencode, gemini or copilot.
      "kas doctor" says what is missing.
    EOS
  end

  test do
    assert_equal "kas #{version}", shell_output("#{bin}/kas --version").strip
    assert_match "not running", shell_output("#{bin}/kas daemon status")
  end
end

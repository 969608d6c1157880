# SpamAssassin as `spamassassin -L` runs it, for many mails: reads a length and as many bytes, answers with a line of RULE=points.
use strict;
use warnings;
use Mail::SpamAssassin;

my $filter = Mail::SpamAssassin->new({
    rules_filename      => '/usr/share/spamassassin',    # the package's own, not what sa-update may have fetched since
    site_rules_filename => '/etc/spamassassin',
    userprefs_filename  => '/dev/null',
    dont_copy_prefs     => 1,
    local_tests_only    => 1,
    require_rules       => 1,
    post_config_text    => "use_bayes 0\n",              # one mail must not teach it about the next
});

binmode STDIN;
$| = 1;
while (defined(my $length = <STDIN>)) {
    read STDIN, my ($mail), $length;
    my $parsed = $filter->parse($mail, 1);
    my $status = $filter->check($parsed);
    print $status->get_tag('TESTSSCORES', ','), "\n";
    $status->finish;
    $parsed->finish;
}

//! The behaviour that every engine of the table and of the queues must show. Each test file runs
//! it on one pair of engines.

pub mod queue;
pub mod table;

/// Makes one test of each behaviour of the table. The expression gives a table, or nothing when
/// the engine is not there.
#[macro_export]
macro_rules! table_suite {
    ($engine:expr; $($behaviour:ident)*) => {
        mod table {
            use super::*;
            $(#[tokio::test]
            async fn $behaviour() {
                if let Some(table) = $engine.await {
                    $crate::suite::table::$behaviour(&table).await;
                }
            })*
        }
    };
    ($engine:expr) => {
        $crate::table_suite! { $engine;
            a_claim_tells_who_was_first
            one_of_many_claims_wins
            an_expired_record_is_claimed_again
            a_write_expecting_an_old_version_conflicts
            a_transaction_is_all_or_nothing
            a_transaction_holds_only_while_what_it_checks_is_as_expected
            a_transaction_takes_a_hundred_writes
            absent_records_are_left_out_of_many
            a_name_that_no_record_can_have_finds_none
            a_range_is_by_prefix_or_end_either_way
            pages_join_without_gap_or_repeat
            pages_cut_by_size_join_too
            the_index_holds_only_what_was_entered
            sixty_records_are_stored_in_batches
            tenants_are_apart
            a_range_has_a_beginning_too
            a_hundred_counts_at_once_stop_at_the_limit
            counters_are_kept_apart_and_read_together
            a_count_in_a_transaction_holds_the_rest_back_at_its_limit
            a_transaction_tells_which_writes_stood_in_the_way
            writes_made_together_have_outcomes_of_their_own
            changes_of_several_writes_made_together_are_each_made_or_not
        }
    };
}

/// As [`table_suite`], for the queues.
#[macro_export]
macro_rules! queue_suite {
    ($engine:expr; $($behaviour:ident)*) => {
        mod queue {
            use super::*;
            $(#[tokio::test]
            async fn $behaviour() {
                if let Some(fixture) = $engine.await {
                    $crate::suite::queue::$behaviour(&fixture).await;
                }
            })*
        }
    };
    ($engine:expr) => {
        $crate::queue_suite! { $engine;
            what_is_sent_is_received_until_deleted
            a_delayed_message_comes_when_it_is_due
            a_message_not_deleted_comes_again
            an_old_receipt_does_nothing
            a_released_message_comes_at_once
            a_receipt_outlives_an_extension
            a_message_received_too_often_is_set_aside
            twenty_five_are_sent_at_once
            large_bodies_arrive_whole
            each_message_goes_to_one_of_many_receivers
        }
    };
}
